//! `tailgana_engine::timing` for Python: calls are made from here, so that a block holds no bytecode but that of the callee.

use std::iter;
use std::ptr;

use pyo3::exceptions::{PyMemoryError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};
use tailgana_engine::timing as engine;
use tailgana_engine::timing::{LOOK_NS, Stopwatch, Stride, monotonic_ns};

use crate::error::to_python;

/// Keyword arguments as a vectorcall takes them. The dictionary is read once: the callee may change it.
struct Keywords<'py> {
    names: Option<Bound<'py, PyTuple>>,
    values: Vec<Bound<'py, PyAny>>,
}

impl<'py> Keywords<'py> {
    fn new(given: Option<&Bound<'py, PyDict>>) -> PyResult<Self> {
        let Some(given) = given.filter(|given| !given.is_empty()) else {
            return Ok(Self { names: None, values: Vec::new() });
        };
        let (names, values): (Vec<_>, Vec<_>) = given.iter().unzip();
        if let Some(wrong) = names.iter().find(|name| !name.is_instance_of::<PyString>()) {
            return Err(PyTypeError::new_err(format!("keywords must be strings, got {}", wrong.repr()?)));
        }
        Ok(Self { names: Some(PyTuple::new(given.py(), names)?), values })
    }
}

/// Something to call, and its arguments where a vectorcall looks for them.
struct Call<'a, 'py> {
    callee: &'a Bound<'py, PyAny>,
    names: Option<&'a Bound<'py, PyTuple>>,
    /// Owns what `slots` point to.
    _values: Vec<Bound<'py, PyAny>>,
    /// The first is spare: the callee may use it during the call.
    slots: Vec<*mut ffi::PyObject>,
    n_positional: usize,
}

impl<'a, 'py> Call<'a, 'py> {
    fn new(callee: &'a Bound<'py, PyAny>, args: &Bound<'py, PyTuple>, keywords: &'a Keywords<'py>) -> Self {
        let values: Vec<_> = args.iter().chain(keywords.values.iter().cloned()).collect();
        let slots = iter::once(ptr::null_mut()).chain(values.iter().map(Bound::as_ptr)).collect();
        Self { callee, names: keywords.names.as_ref(), _values: values, slots, n_positional: args.len() }
    }

    /// Calls once and drops the result.
    #[inline]
    fn run(&mut self) -> PyResult<()> {
        let names = self.names.map_or(ptr::null_mut(), Bound::as_ptr);
        // SAFETY: the thread is attached, as `callee` proves. `slots` has a spare place before the arguments, which the flag
        // promises, and holds the positional ones, then one for each of `names`; all are owned by `_values`.
        unsafe {
            let result = ffi::PyObject_Vectorcall(
                self.callee.as_ptr(),
                self.slots.as_mut_ptr().add(1),
                self.n_positional | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
                names,
            );
            Bound::from_owned_ptr_or_err(self.callee.py(), result).map(drop)
        }
    }
}

/// Times `one(0)` to `one(n - 1)`, with looks at signals between.
fn measure_block(py: Python<'_>, n: usize, mut one: impl FnMut(usize) -> PyResult<()>) -> PyResult<(u64, u64)> {
    let mut stride = Stride::new(monotonic_ns());
    let mut n_done = 0;
    let watch = Stopwatch::start();
    while n_done < n {
        let next = n_done + stride.n_calls().min(n - n_done);
        for k in n_done..next {
            one(k)?;
        }
        n_done = next;
        if n_done < n {
            stride.look(monotonic_ns());
            py.check_signals()?;
        }
    }
    let taken = watch.stop();
    Ok((taken.wall_ns, taken.cpu_ns))
}

/// Wall and CPU time of `n` calls with the same arguments.
#[pyfunction]
pub fn time_block(
    call: &Bound<'_, PyAny>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    n: usize,
) -> PyResult<(u64, u64)> {
    let keywords = Keywords::new(kwargs)?;
    let mut call = Call::new(call, args, &keywords);
    measure_block(args.py(), n, |_| call.run())
}

/// Wall and CPU time of one call for each tuple of arguments.
#[pyfunction]
pub fn time_block_fresh<'py>(
    call: &Bound<'py, PyAny>,
    arguments: Vec<Bound<'py, PyTuple>>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<(u64, u64)> {
    let keywords = Keywords::new(kwargs)?;
    let mut calls: Vec<_> = arguments.iter().map(|args| Call::new(call, args, &keywords)).collect();
    measure_block(call.py(), calls.len(), |k| calls[k].run())
}

/// Duration of each of `n` calls with the same arguments.
#[pyfunction]
pub fn time_calls(
    call: &Bound<'_, PyAny>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    n: usize,
) -> PyResult<Vec<u64>> {
    let keywords = Keywords::new(kwargs)?;
    let mut call = Call::new(call, args, &keywords);
    let mut durations = Vec::new();
    let reserved = durations.try_reserve_exact(n);
    reserved.map_err(|_| PyMemoryError::new_err(format!("no room for {n} durations")))?;
    let mut began_ns = monotonic_ns();
    let mut looked_ns = began_ns;
    for _ in 0..n {
        call.run()?;
        let ended_ns = monotonic_ns();
        durations.push(ended_ns - began_ns);
        began_ns = ended_ns;
        if ended_ns - looked_ns > LOOK_NS {
            args.py().check_signals()?;
            began_ns = monotonic_ns();
            looked_ns = began_ns;
        }
    }
    Ok(durations)
}

/// Quantiles of any number of durations in little memory.
#[pyclass(module = "tailgana_lab._engine")]
pub struct Sketch(engine::Sketch);

#[pymethods]
impl Sketch {
    #[new]
    #[pyo3(signature = (relative_error=0.005))]
    fn new(relative_error: f64) -> PyResult<Self> {
        engine::Sketch::new(relative_error).map(Self).map_err(to_python)
    }

    fn add(&mut self, ns: f64) -> PyResult<()> {
        self.0.extend(&[ns]).map_err(to_python)
    }

    fn extend(&mut self, durations_ns: Vec<f64>) -> PyResult<()> {
        self.0.extend(&durations_ns).map_err(to_python)
    }

    fn merge(slf: &Bound<'_, Self>, other: &Bound<'_, Self>) -> PyResult<()> {
        let other = other.borrow().0.clone(); // the two may be one
        slf.borrow_mut().0.merge(&other).map_err(to_python)
    }

    fn quantile(&self, q: f64) -> PyResult<f64> {
        self.0.quantile(q).map_err(to_python)
    }

    #[getter]
    fn count(&self) -> u64 {
        self.0.count()
    }

    #[getter]
    fn relative_error(&self) -> f64 {
        self.0.relative_error()
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.to_bytes())
    }

    #[staticmethod]
    fn from_bytes(data: &[u8]) -> PyResult<Self> {
        engine::Sketch::from_bytes(data).map(Self).map_err(to_python)
    }
}
