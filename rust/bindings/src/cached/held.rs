//! What the cache holds of Python: strong references that cost no more than their counter, and state under the GIL.

use std::cell::{RefCell, RefMut};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use pyo3::ffi;
use pyo3::prelude::*;

/// A strong reference. It is made, cloned and dropped under the GIL only.
#[derive(Debug)]
#[repr(transparent)]
pub struct Held(NonNull<ffi::PyObject>);

// SAFETY: only a thread that holds the GIL touches the reference.
unsafe impl Send for Held {}
// SAFETY: as above.
unsafe impl Sync for Held {}

impl Held {
    /// A new strong reference.
    ///
    /// # Safety
    /// The object is alive, and the GIL is held.
    #[inline]
    pub unsafe fn new(object: *mut ffi::PyObject) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            ffi::Py_INCREF(object);
            Self(NonNull::new_unchecked(object))
        }
    }

    /// Takes over a reference that the caller owns; None where there is no object.
    ///
    /// # Safety
    /// The reference is the caller's to give, and the GIL is held.
    #[inline]
    pub unsafe fn take(object: *mut ffi::PyObject) -> Option<Self> {
        NonNull::new(object).map(Self)
    }

    #[inline]
    pub fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    /// Gives the reference away.
    #[inline]
    pub fn into_ptr(self) -> *mut ffi::PyObject {
        ManuallyDrop::new(self).0.as_ptr()
    }

    pub fn bound<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        // SAFETY: the object is alive, and `py` proves that the GIL is held.
        unsafe { Bound::from_borrowed_ptr(py, self.as_ptr()) }
    }

    /// Shows the object to the garbage collector.
    pub fn visit(&self, visit: &pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        // SAFETY: nothing is owned by this view, for it is never dropped; the collector holds the GIL.
        let view =
            ManuallyDrop::new(unsafe { Bound::from_owned_ptr(Python::assume_attached(), self.as_ptr()) }.unbind());
        visit.call(&*view)
    }
}

impl From<Bound<'_, PyAny>> for Held {
    fn from(object: Bound<'_, PyAny>) -> Self {
        // SAFETY: a bound object is alive and never null.
        Self(unsafe { NonNull::new_unchecked(object.into_ptr()) })
    }
}

impl Clone for Held {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: the object is alive because it is held; cloning happens under the GIL.
        unsafe { Self::new(self.as_ptr()) }
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference is ours, and dropping happens under the GIL.
        unsafe { ffi::Py_DECREF(self.as_ptr()) }
    }
}

/// State that only the thread with the GIL looks at. It is never borrowed while Python code may run.
#[derive(Debug, Default)]
pub struct UnderGil<T>(RefCell<T>);

// SAFETY: the module declares that it needs the GIL, so there is one thread at a time.
unsafe impl<T> Send for UnderGil<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for UnderGil<T> {}

impl<T> UnderGil<T> {
    pub const fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    #[inline]
    pub fn borrow_mut(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }

    /// None where it is borrowed; only the garbage collector has to ask.
    pub fn try_borrow_mut(&self) -> Option<RefMut<'_, T>> {
        self.0.try_borrow_mut().ok()
    }
}

/// An exception is set in the interpreter.
#[derive(Clone, Copy, Debug)]
pub struct Raised;

impl Raised {
    /// Sets an exception.
    pub fn from(error: PyErr) -> Self {
        // SAFETY: exceptions are raised under the GIL only.
        error.restore(unsafe { Python::assume_attached() });
        Self
    }
}

/// As a result that PyO3 raises.
pub fn to_result<T>(py: Python<'_>, result: Result<T, Raised>) -> PyResult<T> {
    result.map_err(|_| PyErr::fetch(py))
}
