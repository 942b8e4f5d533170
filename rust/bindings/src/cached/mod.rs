//! The live cache for Python: keys and values are objects, a function behind it is called by vectorcall.

mod ahead;
mod call;
mod calls;
mod content;
mod endings;
mod flights;
mod held;
mod key;
mod mapping;
mod methods;
mod store;
mod types;

use pyo3::prelude::*;

pub use call::allow_vectorcall;
pub use content::content_digest;
pub use methods::Ticket;
pub use store::CacheStore;

/// Adds the types that are made by hand.
pub fn add_types(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("CacheMap", mapping::make_type(module.py())?)?;
    module.add("CachedCall", call::make_type(module.py())?)
}
