//! `tailgana_engine::cache::Content` for Python: buffers of any kind.

use std::mem::MaybeUninit;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tailgana_engine::cache::Content;

/// 128 bits of XXH3 over buffers, and where each one ends.
#[pyfunction]
pub fn content_digest<'py>(py: Python<'py>, parts: Vec<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyBytes>> {
    let mut content = Content::default();
    for part in &parts {
        let view = View::of(part)?;
        content.add(view.bytes());
    }
    Ok(PyBytes::new(py, &content.digest()))
}

/// The memory of a contiguous buffer, whatever its format.
struct View(ffi::Py_buffer);

impl View {
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut buffer = MaybeUninit::<ffi::Py_buffer>::uninit();
        // SAFETY: the object is alive, and the buffer is filled where the call says so.
        unsafe {
            if ffi::PyObject_GetBuffer(object.as_ptr(), buffer.as_mut_ptr(), ffi::PyBUF_SIMPLE) != 0 {
                return Err(PyErr::fetch(object.py()));
            }
            Ok(Self(buffer.assume_init()))
        }
    }

    fn bytes(&self) -> &[u8] {
        if self.0.len <= 0 || self.0.buf.is_null() {
            return &[];
        }
        // SAFETY: the exporter keeps the memory in place until the buffer is released, and no other thread of Python's
        // writes to it, for the GIL is held.
        unsafe { std::slice::from_raw_parts(self.0.buf.cast(), self.0.len as usize) }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: the buffer was filled, and the GIL is held.
        unsafe { ffi::PyBuffer_Release(&mut self.0) }
    }
}
