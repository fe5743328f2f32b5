//! Near misses: what was probably meant.

use crate::document::suggest;

/// The end of a problem's sentence: the word that was probably meant, if there is one.
pub(super) fn did_you_mean<'c>(word: &str, known: impl IntoIterator<Item = &'c str>) -> String {
    suggest(word, known).map_or(String::new(), |meant| format!("; did you mean {meant:?}?"))
}
