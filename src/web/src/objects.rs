//! Plain objects of JavaScript, which a worker can post.

use crate::errors::thrown;
use js_sys::{JSON, Reflect};
use serde::Serialize;
use wasm_bindgen::{JsError, JsValue};

/// What `value` is as JSON.
pub fn object(value: &impl Serialize) -> Result<JsValue, JsError> {
    let text = serde_json::to_string(value).map_err(thrown)?;
    JSON::parse(&text).map_err(|_| JsError::new("JSON of its own cannot be read"))
}

/// The same with arrays of numbers beside.
pub fn with_arrays<const N: usize>(
    value: &impl Serialize,
    arrays: [(&str, JsValue); N],
) -> Result<JsValue, JsError> {
    let object = object(value)?;
    for (name, array) in arrays {
        Reflect::set(&object, &name.into(), &array)
            .map_err(|_| JsError::new("an object of its own cannot be changed"))?;
    }
    Ok(object)
}
