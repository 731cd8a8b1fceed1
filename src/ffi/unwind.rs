//! Catches panics at the border to C, and nothing else that unwinds.
//!
//! Two things may unwind the stack: a panic of ours, which must not reach the C frames of the application, and what its
//! callbacks throw, C++ exceptions for example, which must. `std::panic::catch_unwind` can't tell them apart: it aborts the
//! process for exceptions that are not Rust's. So here a frame with a personality routine of its own (Itanium C++ ABI:
//! Exception Handling) stops panics, and hands them to `catch_unwind`.
//!
//! Nothing is printed for a panic that is caught here, once [`print_other_panics_only`] was called: the error of the call tells
//! about it.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic;
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::Once;

use crate::types::codes::CURLcode;

/// A panic that was caught.
#[derive(Debug)]
pub(crate) struct Panic(Box<dyn Any + Send>);

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Panic(payload) = self;
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        write!(f, "internal error: {}", text.unwrap_or("panic"))
    }
}

/// Runs `body` and catches its panic. Exceptions of other languages pass through, as does `pthread_exit`.
///
/// What `body` has left half done stays so: what it had borrowed is free again.
#[inline]
pub(crate) fn catch<F: FnOnce() -> T, T>(body: F) -> Result<T, Panic> {
    let mut call = Call {
        body: ManuallyDrop::new(body),
    };
    let no_argument = [
        null_mut(),
        without_provenance_mut(0),
        null_mut(),
        null_mut(),
        null_mut(),
    ];
    // SAFETY: `run` gets a call of its type that holds the body. If that did not panic, the call holds the result.
    unsafe {
        catch_call(run::<F, T>, (&raw mut call).cast(), no_argument)?;
        Ok(ManuallyDrop::into_inner(call.result))
    }
}

/// [`catch`] for what is called for every message: a C function's arguments stay in the processor's registers.
///
/// # Safety
///
/// `body` can be called with these arguments.
#[inline(always)]
pub(crate) unsafe fn catch_call(body: Body, first: *mut c_void, others: [*mut c_void; 5]) -> Result<CURLcode, Panic> {
    let [b, c, d, e, f] = others;
    // SAFETY: guaranteed by the caller.
    let ended = unsafe { imp::stop_panics(first, b, c, d, e, f, body) };
    match ended.exception.is_null() {
        // SAFETY: without a panic it is what `body` has returned.
        true => Ok(unsafe { ended.code.assume_init() }),
        false => Err(Panic(imp::take_panic(ended.exception))),
    }
}

/// A function with six arguments in registers, numbers among them as addresses.
pub(crate) type Body =
    unsafe extern "C-unwind" fn(*mut c_void, *mut c_void, *mut c_void, *mut c_void, *mut c_void, *mut c_void) -> Ended;

/// How a [`Body`] has ended. It is returned in two registers.
#[repr(C)]
pub(crate) struct Ended {
    code: MaybeUninit<CURLcode>,
    /// of a panic, else NULL
    exception: *mut c_void,
}

impl Ended {
    /// It returns `code`.
    #[inline(always)]
    pub(crate) fn with(code: CURLcode) -> Ended {
        Ended {
            code: MaybeUninit::new(code),
            exception: null_mut(),
        }
    }
}

/// `body`, and later its result.
union Call<F, T> {
    body: ManuallyDrop<F>,
    result: ManuallyDrop<T>,
}

/// Puts the result in the place of the body.
///
/// # Safety
///
/// `call` points to a `Call<F, T>` that holds the body.
unsafe extern "C-unwind" fn run<F: FnOnce() -> T, T>(
    call: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
) -> Ended {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let call = &mut *call.cast::<Call<F, T>>();
        let body = ManuallyDrop::take(&mut call.body);
        call.result = ManuallyDrop::new(body());
    }
    Ended::with(CURLcode::CURLE_OK)
}

/// How many calls of [`catch`] are among the callers, if the stack can be walked up to `address`.
pub(crate) fn catches_up_to(address: usize) -> Option<usize> {
    imp::catches_up_to(address)
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

#[cfg(all(target_arch = "x86_64", unix, not(miri)))]
mod imp {
    use std::any::Any;
    use std::arch::naked_asm;
    use std::ffi::c_int;
    use std::panic::AssertUnwindSafe;

    use super::{Body, Ended, c_void};

    /// The payload of a panic that `stop_panics` has stopped.
    #[cold]
    #[inline(never)]
    pub(super) fn take_panic(exception: *mut c_void) -> Box<dyn Any + Send> {
        // SAFETY: the exception object of a panic; raised again, it belongs to the unwinder.
        let raised = std::panic::catch_unwind(AssertUnwindSafe(|| unsafe { _Unwind_RaiseException(exception) }));
        match raised {
            Err(payload) => payload,
            // It only returns when nobody catches.
            Ok(_) => std::process::abort(),
        }
    }

    /// Calls `body` with the other arguments, which are where it expects them. A panic ends here: it is returned as if `body`
    /// had.
    #[unsafe(naked)]
    pub(super) unsafe extern "C-unwind" fn stop_panics(
        a: *mut c_void,
        b: *mut c_void,
        c: *mut c_void,
        d: *mut c_void,
        e: *mut c_void,
        f: *mut c_void,
        body: Body,
    ) -> Ended {
        naked_asm!(
            ".hidden {personality}",
            ".cfi_startproc",
            // DW_EH_PE_pcrel | DW_EH_PE_sdata4
            ".cfi_personality 0x1b, {personality}",
            // The stack has to be aligned.
            "push rbp",
            ".cfi_adjust_cfa_offset 8",
            "call qword ptr [rsp + 16]",
            "pop rbp",
            ".cfi_adjust_cfa_offset -8",
            "ret",
            ".cfi_endproc",
            personality = sym personality,
        )
    }

    /// The register of [`Ended::exception`], by its DWARF number: rdx.
    const EXCEPTION: c_int = 1;

    /// Decides what becomes of an exception that has reached the frame of [`stop_panics`].
    unsafe extern "C" fn personality(
        _version: c_int,
        actions: c_int,
        class: u64,
        exception: *mut c_void,
        context: *mut c_void,
    ) -> c_int {
        // A panic of another copy of the standard library, in a program written in Rust, has the same class.
        let is_ours = class == u64::from_ne_bytes(*b"MOZ\0RUST") && std::thread::panicking();
        if !is_ours || actions & FORCE_UNWIND != 0 {
            return CONTINUE_UNWIND;
        }
        if actions & SEARCH_PHASE != 0 {
            return HANDLER_FOUND;
        }
        if actions & HANDLER_FRAME == 0 {
            return CONTINUE_UNWIND;
        }
        // SAFETY: the context is the unwinder's. It stands right behind the call in `stop_panics`, which goes on from there.
        unsafe { _Unwind_SetGR(context, EXCEPTION, exception.expose_provenance()) };
        INSTALL_CONTEXT
    }

    struct Walk {
        address: usize,
        passed: bool,
        catches: usize,
    }

    #[cold]
    pub(super) fn catches_up_to(address: usize) -> Option<usize> {
        extern "C" fn look(context: *mut c_void, walk: *mut c_void) -> c_int {
            // SAFETY: the context is the unwinder's, and `walk` is the one below.
            let (function, top, walk) = unsafe {
                let function = _Unwind_FindEnclosingFunction(_Unwind_GetIP(context));
                (function, _Unwind_GetCFA(context), &mut *walk.cast::<Walk>())
            };
            walk.passed |= top > walk.address;
            walk.catches += usize::from(function.addr() == stop_panics as *const () as usize);
            NO_REASON
        }
        let mut walk = Walk {
            address,
            passed: false,
            catches: 0,
        };
        // SAFETY: `look` does as the unwinder asks.
        unsafe { _Unwind_Backtrace(look, (&raw mut walk).cast()) };
        walk.passed.then_some(walk.catches)
    }

    // What the unwinder calls these (_URC_, _UA_).
    const NO_REASON: c_int = 0;
    const HANDLER_FOUND: c_int = 6;
    const INSTALL_CONTEXT: c_int = 7;
    const CONTINUE_UNWIND: c_int = 8;
    const SEARCH_PHASE: c_int = 1;
    const HANDLER_FRAME: c_int = 4;
    const FORCE_UNWIND: c_int = 8;

    unsafe extern "C-unwind" {
        fn _Unwind_RaiseException(exception: *mut c_void) -> c_int;
    }

    unsafe extern "C" {
        fn _Unwind_SetGR(context: *mut c_void, register: c_int, value: usize);
        fn _Unwind_GetIP(context: *mut c_void) -> usize;
        fn _Unwind_GetCFA(context: *mut c_void) -> usize;
        fn _Unwind_FindEnclosingFunction(ip: usize) -> *mut c_void;
        fn _Unwind_Backtrace(look: extern "C" fn(*mut c_void, *mut c_void) -> c_int, data: *mut c_void) -> c_int;
    }
}

/// Where nobody has written the frame yet: what callbacks throw ends the process.
#[cfg(not(all(target_arch = "x86_64", unix, not(miri))))]
mod imp {
    use std::any::Any;
    use std::mem::MaybeUninit;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::{Body, Ended, c_void};

    pub(super) unsafe fn stop_panics(
        a: *mut c_void,
        b: *mut c_void,
        c: *mut c_void,
        d: *mut c_void,
        e: *mut c_void,
        f: *mut c_void,
        body: Body,
    ) -> Ended {
        // SAFETY: guaranteed by the caller.
        catch_unwind(AssertUnwindSafe(|| unsafe { body(a, b, c, d, e, f) })).unwrap_or_else(|payload| Ended {
            code: MaybeUninit::uninit(),
            exception: Box::into_raw(Box::new(payload)).cast(),
        })
    }

    pub(super) fn take_panic(exception: *mut c_void) -> Box<dyn Any + Send> {
        // SAFETY: made by `stop_panics`, and taken once.
        *unsafe { Box::from_raw(exception.cast::<Box<dyn Any + Send>>()) }
    }

    pub(super) fn catches_up_to(_address: usize) -> Option<usize> {
        None
    }
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
