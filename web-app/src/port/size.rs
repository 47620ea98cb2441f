//! The size of an element, whenever it changes.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};

/// Tells sizes for as long as it lives.
pub(crate) struct SizeWatch {
    observer: ResizeObserver,
    _heard: Closure<dyn FnMut()>,
}

impl SizeWatch {
    /// Calls `heard` with width and height in CSS pixels, at once and at every change.
    pub(crate) fn new(element: Element, heard: impl Fn(f64, f64) + 'static) -> Option<Self> {
        let watched = element.clone();
        let heard = Closure::<dyn FnMut()>::new(move || {
            heard(f64::from(watched.client_width()), f64::from(watched.client_height()));
        });
        let observer = ResizeObserver::new(heard.as_ref().unchecked_ref()).ok()?;
        observer.observe(&element);
        Some(Self { observer, _heard: heard })
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
