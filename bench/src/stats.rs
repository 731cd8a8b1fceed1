//! What many measurements of one thing come to.

use serde::{Deserialize, Serialize};

/// The middle of all values, and how far they spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Summary {
    /// Of at least one value.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Summary> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let half = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[half]
        } else {
            (sorted[half - 1] + sorted[half]) / 2.0
        };
        Some(Summary {
            median: rounded(median),
            least: rounded(least),
            most: rounded(most),
        })
    }
}

/// To five digits: more are noise.
fn rounded(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let summary = |values: &[f64]| Summary::of(values.iter().copied());
        assert_eq!(summary(&[]), None);
        assert_eq!(
            summary(&[3.0, 1.0, 2.0]),
            Some(Summary {
                median: 2.0,
                least: 1.0,
                most: 3.0
            })
        );
        assert_eq!(
            summary(&[4.0, 1.0]),
            Some(Summary {
                median: 2.5,
                least: 1.0,
                most: 4.0
            })
        );
    }
}
