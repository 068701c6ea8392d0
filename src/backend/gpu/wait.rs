//! Waiting for a GPU. Natively a thread waits; in a browser the program itself is suspended, until the browser has got on.

#[cfg(not(target_family = "wasm"))]
pub use pollster::block_on;

#[cfg(target_family = "wasm")]
pub use browser::{block_on, until};

#[cfg(target_family = "wasm")]
mod browser {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    unsafe extern "C" {
        /// The page gives it, as what WebAssembly calls a suspending function: it returns in a later turn of the browser's
        /// loop of events.
        #[wasm_bindgen(js_name = spikepruneTurn)]
        fn turn();
    }

    pub fn block_on<T>(future: impl Future<Output = T>) -> T {
        let (mut future, mut context) = (pin!(future), Context::from_waker(Waker::noop()));
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(found) => return found,
                Poll::Pending => turn(),
            }
        }
    }

    /// Until this is so.
    pub fn until(is_so: impl Fn() -> bool) {
        while !is_so() {
            turn();
        }
    }
}
