//! What the types made by hand share: slots, and the collector's view of the objects they hold.

use std::ffi::{CStr, c_int, c_uint, c_void};

use pyo3::ffi;
use pyo3::prelude::*;

use super::held::Held;

pub const FLAGS: u64 = ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_BASETYPE;

pub fn slot(slot: c_int, pfunc: *const c_void) -> ffi::PyType_Slot {
    ffi::PyType_Slot { slot, pfunc: pfunc.cast_mut() }
}

/// A read-only member of an object.
pub fn member(name: &'static CStr, doc: &'static CStr, type_code: c_int, offset: usize) -> ffi::PyMemberDef {
    ffi::PyMemberDef {
        name: name.as_ptr(),
        type_code,
        offset: offset as isize,
        flags: ffi::Py_READONLY,
        doc: doc.as_ptr(),
    }
}

/// Makes a type; `slots` end with an empty one.
///
/// # Safety
/// The slots hold functions of the right kinds, and objects of the type are `size` bytes.
pub unsafe fn make<'py>(
    py: Python<'py>,
    name: &'static CStr,
    size: usize,
    flags: u64,
    slots: &mut [ffi::PyType_Slot],
) -> PyResult<Bound<'py, PyAny>> {
    let mut spec = ffi::PyType_Spec {
        name: name.as_ptr(),
        basicsize: size as c_int,
        itemsize: 0,
        flags: flags as c_uint,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the caller's promise; Python copies slots and members.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&mut spec)) }
}

/// Shows objects to the collector; null ones are left out.
///
/// # Safety
/// The objects are alive, and `visit` and `arg` come from the collector.
pub unsafe fn visit_all<const N: usize>(
    objects: [*mut ffi::PyObject; N],
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    for object in objects.into_iter().filter(|object| !object.is_null()) {
        // SAFETY: the caller's promise.
        let stop = unsafe { visit(object, arg) };
        if stop != 0 {
            return stop;
        }
    }
    0
}

/// Frees an object of a heap type, after `clear` gave up what it held.
///
/// # Safety
/// The last reference to the object is gone, and the GIL is held.
pub unsafe fn free(object: *mut ffi::PyObject, clear: unsafe extern "C" fn(*mut ffi::PyObject) -> c_int) {
    // SAFETY: the caller's promise; a heap type is held by its instances.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        clear(object);
        let kind = ffi::Py_TYPE(object);
        if let Some(free) = (*kind).tp_free {
            free(object.cast());
        }
        ffi::Py_DECREF(kind.cast());
    }
}

/// As the C API wants it: a new reference, or null where an exception is set.
pub fn answer<E>(result: Result<Held, E>) -> *mut ffi::PyObject {
    result.map_or(std::ptr::null_mut(), Held::into_ptr)
}
