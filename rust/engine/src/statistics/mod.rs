//! Statistics of noisy timings: intervals for a shift, quantiles of distributions, change points in a history.
//!
//! All of it is pure computation: no clock, no files.

mod bootstrap;
mod change_points;
mod distribution;
mod levels;
mod noise;
mod pruning;
mod rank;
mod slopes;
mod switching;

pub use bootstrap::{Resampling, median_bootstrap};
pub use change_points::{ChangePoint, change_points};
pub use distribution::{normal_quantile, normal_tail, student_t_quantile};
pub use rank::{Shift, hodges_lehmann};

use crate::EngineError;

/// Refuses a confidence that is no fraction between 0 and 1.
fn check_confidence(confidence: f64) -> Result<(), EngineError> {
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(());
    }
    Err(EngineError::Value(format!("`confidence` must be between 0 and 1, got {confidence}")))
}

/// Refuses values that have no order.
fn check_numbers(values: &[f64]) -> Result<(), EngineError> {
    match values.iter().position(|value| value.is_nan()) {
        None => Ok(()),
        Some(k) => Err(EngineError::Value(format!("value {k} is no number"))),
    }
}
