//! The frame that stops panics.

use std::any::Any;
use std::arch::naked_asm;
use std::ffi::{c_int, c_void};
use std::panic::AssertUnwindSafe;

use super::body::{Body, Ended};

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

/// Names the personality routine, for ELF directly (DW_EH_PE_pcrel | DW_EH_PE_sdata4).
#[cfg(not(target_vendor = "apple"))]
macro_rules! cfi_personality {
    () => {
        ".hidden {personality}\n.cfi_personality 0x1b, {personality}"
    };
}

/// Names the personality routine, for Mach-O by way of its entry in the global offset table (DW_EH_PE_indirect, too). The assembler makes
/// no compact unwind information of what it does not know, such as this routine: what counts are the directives, as for ELF.
#[cfg(target_vendor = "apple")]
macro_rules! cfi_personality {
    () => {
        ".cfi_personality 0x9b, {personality}"
    };
}

/// Calls `body` with the other arguments, which are where it expects them. A panic ends here: it is returned as if `body` had.
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
    #[cfg(target_arch = "x86_64")]
    naked_asm!(
        ".cfi_startproc",
        cfi_personality!(),
        // The stack has to be aligned.
        "push rbp",
        ".cfi_adjust_cfa_offset 8",
        "call qword ptr [rsp + 16]",
        "pop rbp",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        ".cfi_endproc",
        personality = sym personality,
    );
    #[cfg(target_arch = "aarch64")]
    naked_asm!(
        ".cfi_startproc",
        cfi_personality!(),
        "stp x29, x30, [sp, #-16]!",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset x29, -16",
        ".cfi_offset x30, -8",
        "mov x29, sp",
        "blr x6",
        "ldp x29, x30, [sp], #16",
        ".cfi_def_cfa_offset 0",
        ".cfi_restore x29",
        ".cfi_restore x30",
        "ret",
        ".cfi_endproc",
        personality = sym personality,
    );
    #[cfg(target_arch = "riscv64")]
    naked_asm!(
        ".cfi_startproc",
        cfi_personality!(),
        "addi sp, sp, -16",
        ".cfi_def_cfa_offset 16",
        "sd ra, 8(sp)",
        ".cfi_offset ra, -8",
        "jalr a6",
        "ld ra, 8(sp)",
        ".cfi_restore ra",
        "addi sp, sp, 16",
        ".cfi_def_cfa_offset 0",
        "ret",
        ".cfi_endproc",
        personality = sym personality,
    );
}

/// The register of [`Ended::exception`], by its DWARF number: rdx, x1 or a1.
const EXCEPTION: c_int = if cfg!(target_arch = "riscv64") { 11 } else { 1 };

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
