//! Catches panics at the border to C, and nothing else that unwinds.
//!
//! Two things may unwind the stack: a panic of ours, which must not reach the C frames of the application, and what its
//! callbacks throw, C++ exceptions for example, which must. `std::panic::catch_unwind` can't tell them apart: it aborts the
//! process for exceptions that are not Rust's. So here a frame with a personality routine of its own (Itanium C++ ABI:
//! Exception Handling) stops panics, and hands them to `catch_unwind`.
//!
//! Nothing is printed for a panic that is caught here, once [`print_other_panics_only`] was called: the error of the call tells
//! about it.

#[cfg_attr(
    not(all(
        any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"),
        any(target_os = "linux", target_os = "freebsd", target_os = "macos"),
        not(miri)
    )),
    path = "no_frame.rs"
)]
mod frame;
mod guarded;

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::panic;
use std::ptr::null_mut;
use std::sync::Once;

use crate::types::codes::CURLcode;
pub(crate) use frame::stop_panics;
pub(crate) use guarded::{Guarded, Panic};

/// Runs `body` and catches its panic. Exceptions of other languages pass through, as does `pthread_exit`.
///
/// What `body` has left half done stays so: what it had borrowed is free again.
#[inline]
pub(crate) fn catch<F: FnOnce() -> T, T>(body: F) -> Result<T, Panic> {
    let mut call = Call {
        body: ManuallyDrop::new(body),
    };
    let none = null_mut();
    // SAFETY: the first argument is a call that holds the body. Afterwards it holds the result.
    unsafe {
        stop_panics::<Call<F, T>>((&raw mut call).cast(), none, none, none, none, none);
        ManuallyDrop::into_inner(call.result)
    }
}

/// The body of [`catch`], and later its result.
union Call<F, T> {
    body: ManuallyDrop<F>,
    result: ManuallyDrop<Result<T, Panic>>,
}

/// The first argument points to the call, which holds the body.
impl<F: FnOnce() -> T, T> Guarded for Call<F, T> {
    unsafe extern "C-unwind" fn run(
        call: *mut c_void,
        _: *mut c_void,
        _: *mut c_void,
        _: *mut c_void,
        _: *mut c_void,
        _: *mut c_void,
    ) -> CURLcode {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let call = &mut *call.cast::<Call<F, T>>();
            let body = ManuallyDrop::take(&mut call.body);
            call.result = ManuallyDrop::new(Ok(body()));
        }
        CURLcode::CURLE_OK
    }

    unsafe fn panicked(call: *mut c_void, panic: Panic) -> CURLcode {
        // SAFETY: guaranteed by the caller. `run` has taken the body out.
        unsafe { (*call.cast::<Call<F, T>>()).result = ManuallyDrop::new(Err(panic)) };
        CURLcode::CURLE_OK
    }
}

/// How many calls of [`catch`] are among the callers, if the stack can be walked up to `address`.
pub(crate) fn catches_up_to(address: usize) -> Option<usize> {
    frame::catches_up_to(address)
}

/// Sets a panic hook that prints nothing for a panic below [`catch`], and leaves all others to the hook there was. A program
/// never sees it: the C library has a copy of Rust's standard library of its own.
#[inline]
pub(crate) fn print_other_panics_only() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        // That is not possible then.
        if std::thread::panicking() {
            return;
        }
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if catches_up_to(0).is_none_or(|catches| catches == 0) {
                print(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn miri_the_result_passes() {
        assert_eq!(catch(|| 7).unwrap(), 7);
        assert_eq!(catch(|| catch(|| String::from("inner")).unwrap()).unwrap(), "inner");
    }

    #[test]
    fn a_panic_is_caught_with_its_text() {
        let panic = catch(|| -> u8 { panic!("a bug") }).unwrap_err();
        assert_eq!(panic.to_string(), "internal error: a bug");
        let panic = catch(|| [1, 2][std::hint::black_box(2)]).unwrap_err();
        assert!(panic.to_string().starts_with("internal error: index out of bounds"));
        let panic = catch(|| panic::panic_any(7)).unwrap_err();
        assert_eq!(panic.to_string(), "internal error: panic");
    }

    #[test]
    fn the_innermost_catches_and_what_it_had_is_dropped() {
        struct Count<'a>(&'a std::cell::Cell<u32>);
        impl Drop for Count<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        let dropped = std::cell::Cell::new(0);
        let outer = catch(|| {
            let _count = Count(&dropped);
            let inner = catch(|| {
                let _count = Count(&dropped);
                panic!("inner");
            });
            assert!(inner.is_err() && dropped.get() == 1);
            "outer"
        });
        assert_eq!((outer.unwrap(), dropped.get()), ("outer", 2));
        assert!(!std::thread::panicking());
    }
}
