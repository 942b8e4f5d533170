//! Keys: the arguments of a call. Alike are arguments of the same type that are equal; keywords count in their order.

use pyo3::ffi;
use tailgana_engine::cache::live::Likeness;

use super::calls;
use super::held::{Held, Raised};

/// A stored key: a single positional argument, or all arguments and at the end the tuple of keyword names, or None.
#[derive(Clone, Debug)]
pub enum Key {
    One(Held),
    Many(Box<[Held]>),
}

/// Arguments of a call that are looked for, and their hash.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    args: &'a [*mut ffi::PyObject],
    names: *mut ffi::PyObject,
    pub hash: u64,
    /// The single argument, where it is a whole number of 64 bits.
    pub number: Option<i64>,
}

/// Why arguments have no hash.
pub enum NoHash {
    /// The argument at this place raised TypeError; the exception is set.
    Unhashable(usize),
    /// Something else was raised.
    Raised,
}

const ODD: u64 = 0x9E37_79B9_7F4A_7C15; // 2^64 / golden ratio
const INT: u64 = 0x2545_F491_4F6C_DD1D;
const TEXT: u64 = 0xD6E8_FEB8_6659_FD93;
const FLOAT: u64 = 0xA076_1D64_78BD_642F;
const TUPLE: u64 = 0xE703_7ED1_A0B4_28DB;
/// What Python's hash is for -1 as for -2, which then share those of all tuples they are in.
const MINUS_TWO: ffi::Py_hash_t = -2;
/// Tuples within tuples whose items are hashed here; those further inside as a whole.
const DEEPEST: usize = 8;

#[inline]
fn fold(value: u64, by: u64) -> u64 {
    let wide = u128::from(value) * u128::from(by);
    (wide as u64) ^ ((wide >> 64) as u64)
}

#[inline]
fn is_exactly(kind: *mut ffi::PyTypeObject, wanted: *const ffi::PyTypeObject) -> bool {
    std::ptr::eq(kind, wanted)
}

/// The value of an exact int that fits into 64 bits.
///
/// # Safety
/// `object` is an int; the GIL is held.
#[inline]
unsafe fn small_int(object: *mut ffi::PyObject) -> Option<i64> {
    let mut overflow = 0;
    // SAFETY: the caller's promise; an exact int raises nothing.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(object, &mut overflow) };
    (overflow == 0).then_some(value)
}

/// # Safety
/// `object` is alive; the GIL is held.
#[inline]
unsafe fn hash_of(object: *mut ffi::PyObject) -> Result<u64, Raised> {
    // SAFETY: the caller's promise; the two views are of exactly these types.
    unsafe {
        let kind = ffi::Py_TYPE(object);
        if is_exactly(kind, &raw const ffi::PyLong_Type)
            && let Some(value) = small_int(object)
        {
            return Ok(value as u64 ^ INT);
        }
        if is_exactly(kind, &raw const ffi::PyUnicode_Type) {
            let known = (*object.cast::<ffi::PyASCIIObject>()).hash;
            if known != -1 {
                return Ok(known as u64 ^ TEXT);
            }
        }
        if is_exactly(kind, &raw const ffi::PyFloat_Type) {
            let value = ffi::PyFloat_AS_DOUBLE(object);
            if !value.is_nan() {
                return Ok((value + 0.0).to_bits() ^ FLOAT); // 0.0 and -0.0 are equal
            }
        }
        let tag = if is_exactly(kind, &raw const ffi::PyUnicode_Type) { TEXT } else { kind as u64 };
        Ok(hash_by_equality(object, DEEPEST)? ^ tag)
    }
}

/// The same for objects that Python calls equal, whatever their types: its own hash, with -1 told from -2.
///
/// # Safety
/// `object` is held; the GIL is held.
unsafe fn hash_by_equality(object: *mut ffi::PyObject, deepest: usize) -> Result<u64, Raised> {
    // SAFETY: the caller's promise; a tuple holds its items.
    unsafe {
        if deepest > 0 && is_plain_tuple(object) {
            let mut hash = TUPLE;
            for place in 0..ffi::PyTuple_GET_SIZE(object) {
                let own = hash_by_equality(ffi::PyTuple_GET_ITEM(object, place), deepest - 1)?;
                hash = fold(hash.rotate_left(23) ^ own, ODD);
            }
            return Ok(hash);
        }
        let hash = calls::hash(object);
        if hash == -1 {
            return Err(Raised);
        }
        let is_minus_one = hash == MINUS_TWO && ffi::PyNumber_Check(object) != 0 && is_equal_to_minus_one(object)?;
        Ok(if is_minus_one { u64::MAX } else { hash as u64 }) // no hash of Python's is -1
    }
}

/// Whether it is a tuple, or of a subclass that hashes as tuples do and so may equal one.
///
/// # Safety
/// `object` is alive; the GIL is held.
unsafe fn is_plain_tuple(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's promise; type objects of Python's own live for ever.
    unsafe {
        if ffi::PyTuple_Check(object) == 0 {
            return false;
        }
        match ((*ffi::Py_TYPE(object)).tp_hash, ffi::PyTuple_Type.tp_hash) {
            (Some(own), Some(plain)) => std::ptr::fn_addr_eq(own, plain),
            _ => false,
        }
    }
}

/// # Safety
/// `object` is held; the GIL is held.
unsafe fn is_equal_to_minus_one(object: *mut ffi::PyObject) -> Result<bool, Raised> {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(minus_one) = Held::take(ffi::PyLong_FromLong(-1)) else { return Err(Raised) };
        match calls::are_equal(object, minus_one.as_ptr()) {
            -1 => Err(Raised),
            answer => Ok(answer == 1),
        }
    }
}

impl<'a> Asked<'a> {
    /// Hashes arguments, positional ones first. May run the user's code.
    ///
    /// # Safety
    /// All objects are alive, `names` is null or a tuple of the names of the last arguments; the GIL is held.
    #[inline(always)] // half of what a hit costs is in here
    pub unsafe fn new(args: &'a [*mut ffi::PyObject], names: *mut ffi::PyObject) -> Result<Self, NoHash> {
        if let &[object] = args
            && names.is_null()
        {
            // SAFETY: the argument is alive, and an int where it is read as one.
            let number = unsafe {
                let is_int = is_exactly(ffi::Py_TYPE(object), &raw const ffi::PyLong_Type);
                if is_int { small_int(object) } else { None }
            };
            if let Some(number) = number {
                return Ok(Self { args, names, hash: fold(number as u64 ^ INT, ODD), number: Some(number) });
            }
        }
        // SAFETY: the caller's promise.
        unsafe { Self::of_any(args, names) }
    }

    /// # Safety
    /// As `new`.
    unsafe fn of_any(args: &'a [*mut ffi::PyObject], names: *mut ffi::PyObject) -> Result<Self, NoHash> {
        let mut hash = args.len() as u64;
        for (place, &object) in args.iter().enumerate() {
            // SAFETY: the caller's promise.
            let own = unsafe { hash_of(object) }.map_err(|_| why_not(place))?;
            hash = fold(hash.rotate_left(23) ^ own, ODD);
        }
        if !names.is_null() {
            // SAFETY: names are text, in a tuple that the caller holds.
            unsafe {
                for place in 0..ffi::PyTuple_GET_SIZE(names) {
                    let own = hash_of(ffi::PyTuple_GET_ITEM(names, place)).map_err(|_| NoHash::Raised)?;
                    hash = fold(hash.rotate_left(23) ^ own, INT);
                }
            }
        }
        Ok(Self { args, names, hash, number: None })
    }

    /// The key to store for it.
    pub fn to_key(self) -> Key {
        // SAFETY: the arguments are alive as long as this is, and the GIL is held.
        unsafe {
            if self.names.is_null() && self.args.len() == 1 {
                return Key::One(Held::new(self.args[0]));
            }
            let names = if self.names.is_null() { ffi::Py_None() } else { self.names };
            Key::Many(self.args.iter().chain([&names]).map(|&object| Held::new(object)).collect())
        }
    }
}

fn why_not(place: usize) -> NoHash {
    // SAFETY: an exception is set, and the GIL is held.
    let is_type_error = unsafe { ffi::PyErr_ExceptionMatches(ffi::PyExc_TypeError) } != 0;
    if is_type_error { NoHash::Unhashable(place) } else { NoHash::Raised }
}

/// Compares two objects as far as that needs none of the user's code.
///
/// # Safety
/// Both are alive; the GIL is held.
#[inline]
unsafe fn likeness(one: *mut ffi::PyObject, other: *mut ffi::PyObject) -> Likeness {
    if one == other {
        return Likeness::Same;
    }
    // SAFETY: the caller's promise; exact types compare without running code of the user.
    unsafe {
        let kind = ffi::Py_TYPE(one);
        if kind != ffi::Py_TYPE(other) {
            return Likeness::Different;
        }
        if is_exactly(kind, &raw const ffi::PyLong_Type)
            && let (Some(one), Some(other)) = (small_int(one), small_int(other))
        {
            return if one == other { Likeness::Same } else { Likeness::Different };
        }
        if is_exactly(kind, &raw const ffi::PyUnicode_Type) {
            return truth(ffi::PyUnicode_RichCompare(one, other, ffi::Py_EQ));
        }
        let is_plain = is_exactly(kind, &raw const ffi::PyLong_Type)
            || is_exactly(kind, &raw const ffi::PyFloat_Type)
            || is_exactly(kind, &raw const ffi::PyBytes_Type);
        match (*kind).tp_richcompare {
            Some(compare) if is_plain => truth(compare(one, other, ffi::Py_EQ)),
            Some(compare) if is_by_identity(compare) => Likeness::Different,
            Some(_) => Likeness::Unknown,
            None => Likeness::Different,
        }
    }
}

/// Compares an object with a whole number.
///
/// # Safety
/// The object is alive; the GIL is held.
#[inline]
unsafe fn likeness_of_number(object: *mut ffi::PyObject, number: i64) -> Likeness {
    // SAFETY: the caller's promise; it is an int where it is read as one.
    unsafe {
        let is_int = is_exactly(ffi::Py_TYPE(object), &raw const ffi::PyLong_Type);
        if is_int && small_int(object) == Some(number) { Likeness::Same } else { Likeness::Different }
    }
}

/// Whether it is the comparison of plain objects, which are equal to nothing but themselves.
fn is_by_identity(compare: ffi::richcmpfunc) -> bool {
    // SAFETY: the type object of `object` lives for ever.
    let plain = unsafe { ffi::PyBaseObject_Type.tp_richcompare };
    plain.is_some_and(|plain| std::ptr::fn_addr_eq(plain, compare))
}

/// # Safety
/// `answer` is null or a new reference; the GIL is held.
#[inline]
unsafe fn truth(answer: *mut ffi::PyObject) -> Likeness {
    // SAFETY: the caller's promise; True and False outlive their references.
    unsafe {
        let is_true = answer == ffi::Py_True();
        if answer.is_null() {
            ffi::PyErr_Clear();
        } else {
            ffi::Py_DECREF(answer);
        }
        if is_true { Likeness::Same } else { Likeness::Different }
    }
}

/// Compares two objects of any kind. May run the user's code.
///
/// # Safety
/// Both are held; the GIL is held.
unsafe fn are_alike(one: *mut ffi::PyObject, other: *mut ffi::PyObject) -> Result<bool, Raised> {
    // SAFETY: the caller's promise.
    unsafe {
        if one == other {
            return Ok(true);
        }
        if ffi::Py_TYPE(one) != ffi::Py_TYPE(other) {
            return Ok(false);
        }
        match calls::are_equal(one, other) {
            -1 => Err(Raised),
            answer => Ok(answer == 1),
        }
    }
}

impl Key {
    fn objects(&self) -> &[Held] {
        match self {
            Self::One(object) => std::slice::from_ref(object),
            Self::Many(objects) => objects,
        }
    }

    /// Pairs of objects to compare; None where the shapes differ.
    fn pairs<'a>(
        &'a self,
        asked: &Asked<'a>,
    ) -> Option<impl Iterator<Item = (*mut ffi::PyObject, *mut ffi::PyObject)> + 'a> {
        let Self::Many(stored) = self else { return None };
        let (names, values) = stored.split_last()?;
        // SAFETY: None lives for ever.
        let asked_names = if asked.names.is_null() { unsafe { ffi::Py_None() } } else { asked.names };
        let both = values.iter().map(Held::as_ptr).zip(asked.args.iter().copied());
        (values.len() == asked.args.len()).then(|| both.chain([(names.as_ptr(), asked_names)]))
    }

    /// Compares with what is asked for, without running code of the user.
    #[inline(always)] // the other half
    pub fn likeness(&self, asked: &Asked<'_>) -> Likeness {
        if let (Self::One(object), Some(number)) = (self, asked.number) {
            // SAFETY: the object is held.
            return unsafe { likeness_of_number(object.as_ptr(), number) };
        }
        self.likeness_of_any(asked)
    }

    fn likeness_of_any(&self, asked: &Asked<'_>) -> Likeness {
        if let Self::One(object) = self {
            if asked.args.len() != 1 || !asked.names.is_null() {
                return Likeness::Different;
            }
            // SAFETY: both are held.
            return unsafe { likeness(object.as_ptr(), asked.args[0]) };
        }
        let Some(pairs) = self.pairs(asked) else { return Likeness::Different };
        let mut all = Likeness::Same;
        for (one, other) in pairs {
            // SAFETY: both are held.
            match unsafe { likeness(one, other) } {
                Likeness::Same => {}
                Likeness::Different => return Likeness::Different,
                Likeness::Unknown => all = Likeness::Unknown,
            }
        }
        all
    }

    /// Compares with what is asked for; may run code of the user, so no cache may be borrowed.
    pub fn is_alike(&self, asked: &Asked<'_>) -> Result<bool, Raised> {
        if let Self::One(object) = self {
            let is_single = asked.args.len() == 1 && asked.names.is_null();
            // SAFETY: both are held.
            return if is_single { unsafe { are_alike(object.as_ptr(), asked.args[0]) } } else { Ok(false) };
        }
        let Some(pairs) = self.pairs(asked) else { return Ok(false) };
        for (one, other) in pairs {
            // SAFETY: both are held.
            if !unsafe { are_alike(one, other) }? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Asks for this very key.
    pub fn asked<T>(&self, hash: u64, action: impl FnOnce(&Asked<'_>) -> T) -> T {
        let mut args: Vec<*mut ffi::PyObject> = self.objects().iter().map(Held::as_ptr).collect();
        let mut names = std::ptr::null_mut();
        if let Self::Many(_) = self
            && let Some(last) = args.pop()
        {
            // SAFETY: None lives for ever.
            names = if last == unsafe { ffi::Py_None() } { std::ptr::null_mut() } else { last };
        }
        action(&Asked { args: &args, names, hash, number: None })
    }

    /// Its hash, where it is a single whole number of 64 bits.
    pub fn hash_of_number(&self) -> Option<u64> {
        let args = [self.single()?.as_ptr()];
        // SAFETY: the object is held, and an int hashes without code of the user.
        unsafe {
            let is_int = is_exactly(ffi::Py_TYPE(args[0]), &raw const ffi::PyLong_Type);
            if is_int { Asked::new(&args, std::ptr::null_mut()).ok().map(|asked| asked.hash) } else { None }
        }
    }

    /// Positional values, and the keyword values with their names or None.
    pub fn parts(&self) -> (&[Held], Option<&Held>) {
        match self {
            Self::One(object) => (std::slice::from_ref(object), None),
            Self::Many(objects) => match objects.split_last() {
                // SAFETY: None lives for ever.
                Some((last, values)) if last.as_ptr() == unsafe { ffi::Py_None() } => (values, None),
                Some((last, values)) => (values, Some(last)),
                None => (&[], None),
            },
        }
    }

    /// Whether it is this very key, not only an equal one.
    pub fn is(&self, other: &Self) -> bool {
        let (own, others) = (self.objects(), other.objects());
        own.len() == others.len() && own.iter().zip(others).all(|(a, b)| a.as_ptr() == b.as_ptr())
    }

    /// The single argument, as a mapping has it.
    pub fn single(&self) -> Option<&Held> {
        match self {
            Self::One(object) => Some(object),
            Self::Many(_) => None,
        }
    }

    pub fn visit(&self, visit: &pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        self.objects().iter().try_for_each(|object| object.visit(visit))
    }
}
