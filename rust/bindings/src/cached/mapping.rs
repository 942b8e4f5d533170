//! `CacheMap`: a cache as a mapping. `get` and `[]` are made by hand, for PyO3's own methods cost more than a hit.

use std::ffi::{c_int, c_void};
use std::mem::{offset_of, size_of};
use std::ptr::null_mut;

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use tailgana_engine::cache::live::{Cause, Incoming};

use super::held::{Held, Raised};
use super::key::{Asked, NoHash};
use super::store::{CacheStore, hit_watched, note_miss, now_ns};
use super::types;

#[repr(C)]
struct CacheMap {
    base: ffi::PyObject,
    /// Owned, and the store inside of it; both null after the collector cleared the object.
    store: *mut ffi::PyObject,
    cell: *const CacheStore,
}

/// A table of methods that Python keeps a pointer to.
struct Methods([ffi::PyMethodDef; 2]);

// SAFETY: it is never written to.
unsafe impl Sync for Methods {}

static METHODS: Methods = Methods([
    ffi::PyMethodDef {
        ml_name: c"get".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFast: get },
        ml_flags: ffi::METH_FASTCALL,
        ml_doc: c"get($self, key, default=None, /)\n--\n\nThe value of a key, or the default.".as_ptr(),
    },
    ffi::PyMethodDef::zeroed(),
]);

/// Makes the type.
pub fn make_type(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let mut members = [
        types::member(c"_store", c"The cache behind it.", ffi::Py_T_OBJECT_EX, offset_of!(CacheMap, store)),
        ffi::PyMemberDef::default(),
    ];
    let mut slots = [
        types::slot(ffi::Py_tp_doc, c"A cache as a mapping.".as_ptr().cast()),
        types::slot(ffi::Py_tp_new, new as *const c_void),
        types::slot(ffi::Py_tp_traverse, traverse as *const c_void),
        types::slot(ffi::Py_tp_clear, clear as *const c_void),
        types::slot(ffi::Py_tp_dealloc, dealloc as *const c_void),
        types::slot(ffi::Py_tp_members, members.as_mut_ptr().cast()),
        types::slot(ffi::Py_tp_methods, METHODS.0.as_ptr().cast()),
        types::slot(ffi::Py_mp_subscript, subscript as *const c_void),
        types::slot(ffi::Py_mp_ass_subscript, assign as *const c_void),
        types::slot(ffi::Py_mp_length, length as *const c_void),
        types::slot(ffi::Py_sq_contains, contains as *const c_void),
        ffi::PyType_Slot::default(),
    ];
    // SAFETY: slots, members and methods are complete, and fit the layout above.
    unsafe { types::make(py, c"tailgana_lab._engine.CacheMap", size_of::<CacheMap>(), types::FLAGS, &mut slots) }
}

/// `CacheMap(store)`.
unsafe extern "C" fn new(
    kind: *mut ffi::PyTypeObject,
    args: *mut ffi::PyObject,
    _kwargs: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls it with the GIL, a type and a tuple; what is made is filled before anybody sees it.
    unsafe {
        let py = Python::assume_attached();
        let args = Bound::from_borrowed_ptr(py, args);
        let store = match args.get_item(0).and_then(|store| Ok(store.cast_into::<CacheStore>()?)) {
            Ok(store) => store,
            Err(error) => {
                error.restore(py);
                return null_mut();
            }
        };
        let Some(alloc) = (*kind).tp_alloc else { return null_mut() };
        let object = alloc(kind, 0);
        if !object.is_null() {
            let this = &mut *object.cast::<CacheMap>();
            this.cell = store.get();
            this.store = store.into_ptr();
        }
        object
    }
}

unsafe extern "C" fn traverse(object: *mut ffi::PyObject, visit: ffi::visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: the collector calls it with a living object of this type.
    unsafe { types::visit_all([ffi::Py_TYPE(object).cast(), (*object.cast::<CacheMap>()).store], visit, arg) }
}

unsafe extern "C" fn clear(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: the collector calls it with the GIL; the reference is taken out before it is given up.
    unsafe {
        let this = &mut *object.cast::<CacheMap>();
        let store = this.store;
        (this.store, this.cell) = (null_mut(), null_mut());
        drop(Held::take(store));
        0
    }
}

unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: the last reference is gone.
    unsafe { types::free(object, clear) }
}

/// Asks the store of a mapping for one key.
///
/// # Safety
/// `object` is a living mapping, `key` is alive, and the GIL is held.
#[inline(always)]
unsafe fn ask<T>(
    object: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
    action: impl FnOnce(&CacheStore, &Asked<'_>) -> Result<T, Raised>,
) -> Result<T, Raised> {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(store) = (*object.cast::<CacheMap>()).cell.as_ref() else {
            return Err(Raised::from(PyTypeError::new_err("this cache is being collected")));
        };
        let keys = [key];
        match Asked::new(&keys, null_mut()) {
            Ok(asked) => action(store, &asked),
            Err(NoHash::Raised) => Err(Raised),
            Err(NoHash::Unhashable(_)) => {
                ffi::PyErr_Clear();
                store.with_asked(&keys, null_mut(), |asked| action(store, asked))
            }
        }
    }
}

/// The value of a key; the request is counted.
#[inline(always)]
fn value_of(store: &CacheStore, asked: &Asked<'_>) -> Result<Option<Held>, Raised> {
    match store.quick_hit(asked) {
        Some(value) => Ok(Some(value)),
        None => store.ask(asked),
    }
}

/// `get(key, default=None)`.
unsafe extern "C" fn get(
    object: *mut ffi::PyObject,
    args: *mut *mut ffi::PyObject,
    n_args: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls it with the GIL, a living object and `n_args` arguments.
    unsafe {
        if n_args != 1 && n_args != 2 {
            let text = format!("`get` takes a key and a default, got {n_args} arguments");
            Raised::from(PyTypeError::new_err(text));
            return null_mut();
        }
        let found = ask(object, *args, value_of);
        let default = if n_args == 2 { *args.add(1) } else { ffi::Py_None() };
        types::answer(found.map(|value| value.unwrap_or_else(|| Held::new(default))))
    }
}

/// `mapping[key]`.
unsafe extern "C" fn subscript(object: *mut ffi::PyObject, key: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: Python calls it with the GIL and living objects.
    unsafe {
        let found = ask(object, key, value_of);
        types::answer(found.and_then(|value| value.ok_or_else(|| no_such_key(key))))
    }
}

/// `mapping[key] = value`, and `del mapping[key]`.
unsafe extern "C" fn assign(object: *mut ffi::PyObject, key: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
    // SAFETY: Python calls it with the GIL and living objects; a null value means to delete.
    unsafe {
        let done = if value.is_null() {
            ask(object, key, |store, asked| store.take_out(asked)).and_then(|value| match value {
                Some(value) => {
                    drop(value);
                    Ok(())
                }
                None => Err(no_such_key(key)),
            })
        } else {
            ask(object, key, |store, asked| store.put_entry(asked, Held::new(value), None))
        };
        if done.is_ok() { 0 } else { -1 }
    }
}

unsafe extern "C" fn length(object: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    // SAFETY: Python calls it with the GIL and a living object.
    unsafe { (*object.cast::<CacheMap>()).cell.as_ref() }
        .map_or(0, |store| store.state.borrow_mut().live.len() as ffi::Py_ssize_t)
}

/// `key in mapping`; counts no request.
unsafe extern "C" fn contains(object: *mut ffi::PyObject, key: *mut ffi::PyObject) -> c_int {
    // SAFETY: Python calls it with the GIL and living objects.
    unsafe { ask(object, key, |store, asked| store.has(asked)) }.map_or(-1, c_int::from)
}

/// # Safety
/// `key` is alive, and the GIL is held.
unsafe fn no_such_key(key: *mut ffi::PyObject) -> Raised {
    // SAFETY: the caller's promise.
    let key = unsafe { Bound::from_borrowed_ptr(Python::assume_attached(), key) };
    Raised::from(PyKeyError::new_err(key.unbind()))
}

impl CacheStore {
    /// The value of a key, counted as a hit or a miss.
    fn ask(&self, asked: &Asked<'_>) -> Result<Option<Held>, Raised> {
        let watch = self.start_watch();
        let mut spare = Vec::new();
        let found = self.find(asked, &mut spare)?;
        let value = {
            let mut state = self.state.borrow_mut();
            let live = &mut state.live;
            let fresh = found.filter(|&id| !(live.needs_clock(id) && live.is_expired(id, now_ns())));
            match (fresh, found) {
                (Some(id), _) => {
                    hit_watched(live, id, watch);
                    live.value(id).cloned()
                }
                (None, stale) => {
                    if let Some(id) = stale {
                        live.remove(id, Cause::Expired, now_ns());
                    }
                    let trace = note_miss(live, asked.hash);
                    live.keep_out(asked.hash, trace);
                    None
                }
            }
        };
        self.drop_gone();
        Ok(value)
    }

    /// Whether a key is there; nothing is counted.
    pub fn has(&self, asked: &Asked<'_>) -> Result<bool, Raised> {
        let mut spare = Vec::new();
        let found = self.find(asked, &mut spare)?;
        let state = self.state.borrow_mut();
        Ok(found.is_some_and(|id| !(state.live.needs_clock(id) && state.live.is_expired(id, now_ns()))))
    }

    /// Writes an entry.
    pub fn put_entry(&self, asked: &Asked<'_>, value: Held, ttl_ns: Option<u64>) -> Result<(), Raised> {
        let bytes = if self.state.borrow_mut().live.max_bytes().is_some() { self.weigh(&value)? } else { 0 };
        let mut spare = Vec::new();
        let found = self.find(asked, &mut spare)?;
        {
            let mut state = self.state.borrow_mut();
            match found {
                Some(id) => state.live.replace(id, value, bytes, ttl_ns, now_ns()),
                None => {
                    let trace = state.live.foresee(asked.hash);
                    let key = asked.to_key();
                    let entry = Incoming { hash: asked.hash, trace, key, value, bytes, ttl_ns, is_ahead: false };
                    state.live.insert(entry, now_ns());
                }
            }
        }
        self.drop_gone();
        Ok(())
    }

    /// Takes an entry out; its value, unless it had expired.
    pub fn take_out(&self, asked: &Asked<'_>) -> Result<Option<Held>, Raised> {
        let mut spare = Vec::new();
        let Some(id) = self.find(asked, &mut spare)? else { return Ok(None) };
        let value = {
            let mut state = self.state.borrow_mut();
            let now_ns = now_ns();
            let is_expired = state.live.needs_clock(id) && state.live.is_expired(id, now_ns);
            let value = state.live.value(id).cloned();
            state.live.remove(id, if is_expired { Cause::Expired } else { Cause::Deleted }, now_ns);
            value.filter(|_| !is_expired)
        };
        self.drop_gone();
        Ok(value)
    }
}
