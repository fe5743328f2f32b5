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
    /// By their logarithm, between round numbers.
    Logarithmic,
}

/// A chart.
pub(super) struct Panel {
    pub(super) name: &'static str,
    pub(super) rows: usize,
    pub(super) scale: Scale,
    /// A range for each column; none where nothing is known. It is filled up to its lower end and shaded up to its upper.
    pub(super) values: Vec<Option<(f64, f64)>>,
}

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const SHADE: char = '░';
const PART: char = '▒';

/// The lowest and the highest number that a chart shows.
#[derive(Clone, Copy)]
struct Bounds {
    low: f64,
    high: f64,
}

impl Panel {
    /// The rows of the chart from the top: the scale with the name, and the picture. One row where there is nothing to
    /// see.
    pub(super) fn draw(&self) -> Vec<(String, String)> {
        let Some(bounds) = self.bounds() else {
            return vec![(format!("{:<11}{:>5} ┤", self.name, 0), String::new())];
        };
        let height = |value: f64| self.eighths(value, bounds);
        let columns: Vec<(usize, usize)> =
            self.values.iter().map(|range| range.map_or((0, 0), |(from, to)| (height(from), height(to)))).collect();
        (0..self.rows).map(|row| (self.label(row, bounds), self.picture(row, &columns))).collect()
    }
    /// `None`: no value is above 0.
    fn bounds(&self) -> Option<Bounds> {
        let known = || self.values.iter().flatten();
        let high = known().map(|(_, high)| *high).fold(0.0, f64::max);
        let low = known().map(|(low, _)| *low).filter(|low| *low > 0.0).fold(f64::INFINITY, f64::min);
        (high > 0.0).then(|| match self.scale {
            Scale::Linear => Bounds { low: 0.0, high },
            Scale::Logarithmic => Bounds { low: round_below(low), high: round_above(high) },
        })
    }
    fn eighths(&self, value: f64, Bounds { low, high }: Bounds) -> usize {
        if value <= 0.0 {
            return 0;
        }
        let part = match self.scale {
            Scale::Linear => value / high,
            Scale::Logarithmic => libm::log(value / low) / libm::log(high / low),
        };
        ((part * (self.rows * 8) as f64).round() as usize).max(1)
    }
    fn label(&self, row: usize, Bounds { low, high }: Bounds) -> String {
        let name = if row == 0 { self.name } else { "" };
        match row {
            0 => format!("{name:<11}{:>5} ┤", show::short(high)),
            _ if row + 1 == self.rows => format!("{name:<11}{:>5} ┤", show::short(low)),
            _ => format!("{name:<16} │"),
        }
    }
    fn picture(&self, row: usize, columns: &[(usize, usize)]) -> String {
        let below = (self.rows - 1 - row) * 8;
        // Half a cell or more of the range is worth being seen more than where in the cell it begins.
        let cell = |(filled, shaded): &(usize, usize)| match filled.saturating_sub(below).min(8) {
            0 if *shaded > below => SHADE,
            eighths if shaded.saturating_sub(below).min(8) >= eighths + 4 => PART,
            eighths => BLOCKS[eighths],
        };
        columns.iter().map(cell).collect()
    }
}

/// The greatest of 1, 2, 5, 10, 20, .. that is below the value.
fn round_below(value: f64) -> f64 {
    let ten = libm::pow(10.0, libm::floor(libm::log10(value)));
    [5.0, 2.0, 1.0].into_iter().map(|times| times * ten).find(|round| *round < value).unwrap_or(ten / 2.0)
}

/// The least of them that is not.
fn round_above(value: f64) -> f64 {
    let ten = libm::pow(10.0, libm::floor(libm::log10(value)));
    [1.0, 2.0, 5.0].into_iter().map(|times| times * ten).find(|round| *round >= value).unwrap_or(ten * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(scale: Scale, values: &[Option<f64>]) -> Panel {
        let values = values.iter().map(|value| value.map(|value| (value, value))).collect();
        Panel { name: "load", rows: 2, scale, values }
    }

    #[test]
    fn a_value_fills_its_share_of_the_height_and_a_small_one_stays_visible() {
        let rows = panel(Scale::Linear, &[Some(0.0), Some(0.001), Some(50.0), Some(100.0), None]).draw();
        assert_eq!(rows[0], ("load         100 ┤".to_owned(), "   █ ".to_owned()));
        assert_eq!(rows[1], ("               0 ┤".to_owned(), " ▁██ ".to_owned()));
    }

    #[test]
    fn a_range_is_filled_up_to_its_lower_end_and_shaded_above() {
        let values = vec![Some((8.0, 8.0)), Some((4.0, 8.0)), Some((0.0, 8.0))];
        let rows = Panel { name: "ready", rows: 2, scale: Scale::Linear, values }.draw();
        assert_eq!((rows[0].1.as_str(), rows[1].1.as_str()), ("█░░", "██░"));
    }

    #[test]
    fn a_logarithmic_scale_lies_between_round_numbers() {
        let rows = panel(Scale::Logarithmic, &[Some(11.0), Some(100.0), Some(1000.0)]).draw();
        assert_eq!((rows[0].0.as_str(), rows[1].0.as_str()), ("load        1.0k ┤", "              10 ┤"));
        assert_eq!((rows[0].1.as_str(), rows[1].1.as_str()), ("  █", "▁██"));
        assert_eq!([0.3, 1.0, 40.0].map(round_below), [0.2, 0.5, 20.0]);
        assert_eq!([0.3, 1.0, 40.0, 60.0].map(round_above), [0.5, 1.0, 50.0, 100.0]);
    }

    #[test]
    fn nothing_to_see_takes_one_row() {
        for values in [&[None, None][..], &[Some(0.0)]] {
            assert_eq!(panel(Scale::Logarithmic, values).draw(), [("load           0 ┤".to_owned(), String::new())]);
        }
    }
}
