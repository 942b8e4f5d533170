//! `CachedCall`: a function behind a cache, called by vectorcall, so that a hit builds no tuple.
//!
//! PyO3 makes no types with a vectorcall of their own, hence the C API by hand.

use std::ffi::{c_int, c_void};
use std::mem::{offset_of, size_of};
use std::ptr::null_mut;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;

use super::calls;
use super::flights::Outcome;
use super::held::{Held, Raised};
use super::key::{Asked, NoHash};
use super::store::{CacheStore, Caller, Looked, now_ns};
use super::types;

#[repr(C)]
struct CachedCall {
    base: ffi::PyObject,
    vectorcall: Option<ffi::vectorcallfunc>,
    /// Owned, and the store inside of it; both null after the collector cleared the object.
    store: *mut ffi::PyObject,
    cell: *const CacheStore,
    /// Owned.
    function: *mut ffi::PyObject,
}

unsafe extern "C" {
    fn PyMethod_New(function: *mut ffi::PyObject, instance: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

/// Makes the type.
pub fn make_type(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let place = offset_of!(CachedCall, vectorcall);
    let mut members = [
        types::member(c"__vectorcalloffset__", c"Where the call is.", ffi::Py_T_PYSSIZET, place),
        types::member(c"_store", c"The cache behind it.", ffi::Py_T_OBJECT_EX, offset_of!(CachedCall, store)),
        types::member(c"_function", c"The function itself.", ffi::Py_T_OBJECT_EX, offset_of!(CachedCall, function)),
        ffi::PyMemberDef::default(),
    ];
    let mut slots = [
        types::slot(ffi::Py_tp_doc, c"A function behind a cache.".as_ptr().cast()),
        types::slot(ffi::Py_tp_new, new as *const c_void),
        types::slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *const c_void),
        types::slot(ffi::Py_tp_descr_get, get as *const c_void),
        types::slot(ffi::Py_tp_traverse, traverse as *const c_void),
        types::slot(ffi::Py_tp_clear, clear as *const c_void),
        types::slot(ffi::Py_tp_dealloc, dealloc as *const c_void),
        types::slot(ffi::Py_tp_members, members.as_mut_ptr().cast()),
        ffi::PyType_Slot::default(),
    ];
    let flags = types::FLAGS | ffi::Py_TPFLAGS_HAVE_VECTORCALL | ffi::Py_TPFLAGS_METHOD_DESCRIPTOR;
    // SAFETY: slots and members are complete, and fit the layout above.
    unsafe { types::make(py, c"tailgana_lab._engine.CachedCall", size_of::<CachedCall>(), flags, &mut slots) }
}

/// Lets instances of a subclass be called by vectorcall, and bound as methods at no cost: Python 3.11 does not inherit that.
#[pyfunction]
pub fn allow_vectorcall(kind: &Bound<'_, pyo3::types::PyType>) -> PyResult<()> {
    let object = kind.as_type_ptr();
    // SAFETY: the type is alive; the flags are set only on types whose instances have the slot, as checked.
    unsafe {
        if (*object).tp_vectorcall_offset != offset_of!(CachedCall, vectorcall) as isize {
            return Err(PyTypeError::new_err("only subclasses of CachedCall can be called by vectorcall"));
        }
        (*object).tp_flags |= ffi::Py_TPFLAGS_HAVE_VECTORCALL | ffi::Py_TPFLAGS_METHOD_DESCRIPTOR;
        ffi::PyType_Modified(object);
    }
    Ok(())
}

/// `CachedCall(function, store)`.
unsafe extern "C" fn new(
    kind: *mut ffi::PyTypeObject,
    args: *mut ffi::PyObject,
    _kwargs: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls it with the GIL, a type and a tuple; what is made is filled before anybody sees it.
    unsafe {
        let py = Python::assume_attached();
        let args = Bound::from_borrowed_ptr(py, args);
        let parsed = args.get_item(0).and_then(|function| Ok((function, args.get_item(1)?.cast_into::<CacheStore>()?)));
        let (function, store) = match parsed {
            Ok(parsed) => parsed,
            Err(error) => {
                error.restore(py);
                return null_mut();
            }
        };
        let Some(alloc) = (*kind).tp_alloc else { return null_mut() };
        let object = alloc(kind, 0);
        if !object.is_null() {
            let this = &mut *object.cast::<CachedCall>();
            this.vectorcall = Some(vectorcall);
            this.cell = store.get();
            this.store = store.into_ptr();
            this.function = function.into_ptr();
        }
        object
    }
}

/// Binds it as a method.
unsafe extern "C" fn get(
    object: *mut ffi::PyObject,
    instance: *mut ffi::PyObject,
    _owner: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls it with the GIL and living objects.
    unsafe {
        if instance.is_null() || instance == ffi::Py_None() {
            ffi::Py_INCREF(object);
            return object;
        }
        PyMethod_New(object, instance)
    }
}

unsafe extern "C" fn traverse(object: *mut ffi::PyObject, visit: ffi::visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: the collector calls it with a living object of this type.
    unsafe {
        let this = &*object.cast::<CachedCall>();
        types::visit_all([ffi::Py_TYPE(object).cast(), this.store, this.function], visit, arg)
    }
}

unsafe extern "C" fn clear(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: the collector calls it with the GIL; the references are taken out before they are given up.
    unsafe {
        let this = &mut *object.cast::<CachedCall>();
        let (store, function) = (this.store, this.function);
        (this.store, this.function, this.cell) = (null_mut(), null_mut(), null_mut());
        drop((Held::take(store), Held::take(function)));
        0
    }
}

unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: the last reference is gone.
    unsafe { types::free(object, clear) }
}

/// A call.
unsafe extern "C" fn vectorcall(
    callable: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    nargsf: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls it with the GIL, an object of this type, and arguments that live until it returns.
    unsafe {
        let this = &*callable.cast::<CachedCall>();
        let Some(store) = this.cell.as_ref() else { return raise_cleared() };
        let n_named = if names.is_null() { 0 } else { ffi::PyTuple_GET_SIZE(names) as usize };
        let n_args = ffi::PyVectorcall_NARGS(nargsf) as usize + n_named;
        let given = if n_args == 0 { &[] } else { std::slice::from_raw_parts(args, n_args) };
        let call = Call { store, function: this.function, args, nargsf, names };
        let result = match Asked::new(given, names) {
            Ok(asked) => match store.quick_hit(&asked) {
                Some(value) => return value.into_ptr(),
                None => call.look(&asked),
            },
            Err(NoHash::Raised) => Err(Raised),
            Err(NoHash::Unhashable(_)) => {
                ffi::PyErr_Clear();
                store.with_asked(given, names, |asked| call.look(asked))
            }
        };
        types::answer(result)
    }
}

unsafe fn raise_cleared() -> *mut ffi::PyObject {
    Raised::from(PyTypeError::new_err("this cached function is being collected"));
    null_mut()
}

/// A call that was no quick hit.
struct Call<'a> {
    store: &'a CacheStore,
    function: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    nargsf: usize,
    names: *mut ffi::PyObject,
}

impl Call<'_> {
    fn look(&self, asked: &Asked<'_>) -> Result<Held, Raised> {
        let mut is_counted = false;
        loop {
            match self.store.look(asked, Caller::Thread, is_counted)? {
                Looked::Hit(value) | Looked::Attached(value) => return Ok(value),
                Looked::Lead(lead) => return self.compute(asked, lead),
                Looked::Busy => {}
                Looked::Join(wait, own) => match wait.end()? {
                    Some(Outcome::Value(value)) => return Ok(value),
                    Some(Outcome::Error(error)) => return Err(raise(&error)),
                    Some(Outcome::Abandoned) => is_counted = true,
                    None => return self.compute(asked, own),
                },
            }
        }
    }

    fn compute(&self, asked: &Asked<'_>, lead: super::store::Lead) -> Result<Held, Raised> {
        let began_ns = now_ns();
        // SAFETY: function and arguments are alive until this call returns: the caller holds both, the function through us.
        let value = unsafe {
            let function = Held::new(self.function);
            let value = calls::vectorcall(function.as_ptr(), self.args, self.nargsf, self.names);
            Held::take(value)
        };
        let Some(value) = value else {
            self.store.fail(lead);
            return Err(Raised);
        };
        self.store.succeed(lead, Some(asked), &value, now_ns() - began_ns, false)?;
        Ok(value)
    }
}

fn raise(error: &Held) -> Raised {
    // SAFETY: the GIL is held.
    let py = unsafe { Python::assume_attached() };
    Raised::from(PyErr::from_value(error.bound(py).clone()))
}
