//! PyO3 face of the engine: `tailgana_lab._engine`. One file per folder of the engine; no logic of its own.

mod cached;
mod error;
mod replay;
mod sampler;
mod statistics;
mod timing;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// Module `tailgana_lab._engine`.
#[pymodule(gil_used = true)]
mod _engine {
    use super::*;

    #[pymodule_export]
    use super::replay::Trace;

    #[pymodule_export]
    use super::cached::{CacheStore, Ticket, allow_vectorcall, content_digest};

    #[pymodule_export]
    use super::sampler::{GcClock, Recorder, Sampler, fold_frames, wilson_interval};

    #[pymodule_export]
    use super::statistics::{change_points, hodges_lehmann, median_bootstrap, normal_quantile, student_t_quantile};

    #[pymodule_export]
    use super::timing::{Sketch, time_block, time_block_fresh, time_calls};

    #[pymodule_export]
    const IS_RELEASE: bool = cfg!(not(debug_assertions));

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("POLICIES", PyTuple::new(module.py(), tailgana_engine::cache::POLICIES)?)?;
        cached::add_types(module)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
