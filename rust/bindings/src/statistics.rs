//! `tailgana_engine::statistics` for Python; the interpreter's lock is released while it computes.

use pyo3::prelude::*;
use tailgana_engine::statistics as engine;
use tailgana_engine::statistics::Resampling;

use crate::error::to_python;

/// Bootstrap interval of the median.
#[pyfunction]
#[pyo3(signature = (values, block=5, n_resamples=1000, confidence=0.99, seed=0))]
pub fn median_bootstrap(
    py: Python<'_>,
    values: Vec<f64>,
    block: usize,
    n_resamples: usize,
    confidence: f64,
    seed: u64,
) -> PyResult<(f64, f64)> {
    let how = Resampling { block, n_resamples, confidence, seed };
    py.detach(|| engine::median_bootstrap(&values, &how)).map_err(to_python)
}

/// Robust centre of values and its interval.
#[pyfunction]
#[pyo3(signature = (values, confidence=0.99))]
pub fn hodges_lehmann(py: Python<'_>, values: Vec<f64>, confidence: f64) -> PyResult<(f64, f64, f64)> {
    let found = py.detach(|| engine::hodges_lehmann(&values, confidence)).map_err(to_python)?;
    Ok((found.shift, found.low, found.high))
}

/// Quantile of Student's t distribution.
#[pyfunction]
pub fn student_t_quantile(p: f64, df: f64) -> PyResult<f64> {
    engine::student_t_quantile(p, df).map_err(to_python)
}

/// Quantile of the standard normal distribution.
#[pyfunction]
pub fn normal_quantile(p: f64) -> PyResult<f64> {
    engine::normal_quantile(p).map_err(to_python)
}

/// Index, level before and after, change in percent, confidence, and whether it is a suspicion yet.
type ChangePoint = (usize, f64, f64, f64, f64, bool);

/// Shifts of level in a series.
#[pyfunction]
pub fn change_points(py: Python<'_>, values: Vec<f64>) -> Vec<ChangePoint> {
    let found = py.detach(|| engine::change_points(&values));
    found.iter().map(|c| (c.index, c.before, c.after, c.change_pct, c.confidence, c.suspect)).collect()
}
