//! Calls into Python from which a thread may never come back: while the interpreter shuts down, Python before 3.14 ends
//! such a thread by unwinding its stack, and Rust's frames must not be unwound. The thread then stops for good, as in 3.14.

use pyo3::ffi::{Py_EQ, Py_hash_t, PyObject};
use std::ffi::c_int;

mod raw {
    use super::{Py_hash_t, PyObject, c_int};
    unsafe extern "C-unwind" {
        pub fn PyObject_Hash(object: *mut PyObject) -> Py_hash_t;
        pub fn PyObject_RichCompareBool(one: *mut PyObject, other: *mut PyObject, how: c_int) -> c_int;
        pub fn PyObject_Vectorcall(
            callable: *mut PyObject,
            args: *const *mut PyObject,
            nargsf: usize,
            names: *mut PyObject,
        ) -> *mut PyObject;
    }
}

struct HangThread;

impl Drop for HangThread {
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}

fn guarded<T>(call: impl FnOnce() -> T) -> T {
    let guard = HangThread;
    let result = call();
    std::mem::forget(guard);
    result
}

/// # Safety
/// As `PyObject_Hash`.
#[inline]
pub unsafe fn hash(object: *mut PyObject) -> Py_hash_t {
    // SAFETY: the caller's promise.
    guarded(|| unsafe { raw::PyObject_Hash(object) })
}

/// # Safety
/// As `PyObject_RichCompareBool`.
#[inline]
pub unsafe fn are_equal(one: *mut PyObject, other: *mut PyObject) -> c_int {
    // SAFETY: the caller's promise.
    guarded(|| unsafe { raw::PyObject_RichCompareBool(one, other, Py_EQ) })
}

/// # Safety
/// As `PyObject_Vectorcall`.
#[inline]
pub unsafe fn vectorcall(
    callable: *mut PyObject,
    args: *const *mut PyObject,
    nargsf: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the caller's promise.
    guarded(|| unsafe { raw::PyObject_Vectorcall(callable, args, nargsf, names) })
}
