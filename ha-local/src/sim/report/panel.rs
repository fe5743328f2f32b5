//! One chart of block characters: a value for each column of the page, with its scale at the left.

use super::show;

/// Columns of a chart.
pub(super) const COLUMNS: usize = 62;
/// Columns left of it, for the name and the scale.
pub(super) const LEFT: usize = 18;

/// How values become heights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// From zero up.
    Linear,
    /// By their logarithm, from the least value up.
    Logarithmic,
}

/// A chart.
pub(super) struct Panel {
    pub(super) name: &'static str,
    pub(super) rows: usize,
    pub(super) scale: Scale,
    /// One value a column; none where nothing is known.
    pub(super) values: Vec<Option<f64>>,
}

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Panel {
    /// The rows of the chart from the top: the scale with the name, and the picture.
    pub(super) fn draw(&self) -> Vec<(String, String)> {
        let known = || self.values.iter().flatten().copied();
        let most = known().fold(0.0, f64::max);
        // Small changes are not to look large: a logarithmic scale covers a factor of ten at least.
        let least = known().fold(most / 10.0, f64::min);
        let eighths: Vec<usize> = self.values.iter().map(|value| self.eighths(*value, least, most)).collect();
        (0..self.rows).map(|row| (self.label(row, least, most), self.picture(row, &eighths))).collect()
    }
    fn eighths(&self, value: Option<f64>, least: f64, most: f64) -> usize {
        let Some(value) = value.filter(|value| *value > 0.0) else { return 0 };
        let part = match self.scale {
            Scale::Linear => value / most,
            Scale::Logarithmic if most > least && least > 0.0 => libm::log(value / least) / libm::log(most / least),
            Scale::Logarithmic => 0.0,
        };
        ((part * (self.rows * 8) as f64).round() as usize).max(1)
    }
    fn label(&self, row: usize, least: f64, most: f64) -> String {
        let name = if row == 0 { self.name } else { "" };
        let least = if self.scale == Scale::Linear { 0.0 } else { least };
        match row {
            0 => format!("{name:<11}{:>5} ┤", show::short(most)),
            _ if row + 1 == self.rows => format!("{name:<11}{:>5} ┤", show::short(least)),
            _ => format!("{name:<16} │"),
        }
    }
    fn picture(&self, row: usize, eighths: &[usize]) -> String {
        let below = (self.rows - 1 - row) * 8;
        eighths.iter().map(|filled| BLOCKS[filled.saturating_sub(below).min(8)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_fills_its_share_of_the_height_and_a_small_one_stays_visible() {
        let values = vec![Some(0.0), Some(0.001), Some(50.0), Some(100.0), None];
        let rows = Panel { name: "load", rows: 2, scale: Scale::Linear, values }.draw();
        assert_eq!(rows[0], ("load         100 ┤".to_owned(), "   █ ".to_owned()));
        assert_eq!(rows[1], ("               0 ┤".to_owned(), " ▁██ ".to_owned()));
    }

    #[test]
    fn a_logarithmic_scale_starts_at_the_least_value() {
        let values = vec![Some(10.0), Some(100.0), Some(1000.0)];
        let rows = Panel { name: "p99", rows: 2, scale: Scale::Logarithmic, values }.draw();
        assert_eq!((rows[0].1.as_str(), rows[1].1.as_str()), ("  █", "▁██"));
    }

    #[test]
    fn nothing_known_draws_nothing() {
        let rows = Panel { name: "p99", rows: 2, scale: Scale::Logarithmic, values: vec![None; 3] }.draw();
        assert_eq!(rows[1].1, "   ");
    }
}
