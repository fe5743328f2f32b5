//! DNS records.

mod rows;

pub use rows::{AnswerRow, Published, RecordRow, Secret, ServerRow};

use super::{Acting, engine::Trouble};

/// One pass over all records.
pub async fn tend(_acting: &Acting) -> Result<(), Trouble> {
    Ok(())
}
