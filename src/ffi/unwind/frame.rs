//! The frame that stops panics.

#![expect(
    named_asm_labels,
    reason = "the directive for language-specific data takes no other; the function's name makes each unique"
)]

use std::arch::naked_asm;
use std::ffi::{c_int, c_void};
use std::panic::AssertUnwindSafe;

use super::guarded::{Guarded, Panic};
use crate::types::codes::CURLcode;

/// Begins the frame and names its personality routine and its language-specific data, for ELF directly (DW_EH_PE_pcrel |
/// DW_EH_PE_sdata4).
#[cfg(not(target_vendor = "apple"))]
macro_rules! cfi_begin {
    () => {
        ".cfi_startproc
         .hidden {personality}
         .cfi_personality 0x1b, {personality}
         .cfi_lsda 0x1b, .L{run}_panicked"
    };
}

/// Begins the second part.
#[cfg(not(target_vendor = "apple"))]
macro_rules! panicked {
    () => {
        ".L{run}_panicked:"
    };
}

/// The same for Mach-O, where the routine is found by way of its entry in the global offset table (DW_EH_PE_indirect, too). The
/// assembler makes no compact unwind information of what it does not know, such as this routine: what counts are the directives,
/// as for ELF.
#[cfg(target_vendor = "apple")]
macro_rules! cfi_begin {
    () => {
        ".cfi_startproc
         .cfi_personality 0x9b, {personality}
         .cfi_lsda 0x10, L{run}_panicked"
    };
}

/// Begins the second part.
#[cfg(target_vendor = "apple")]
macro_rules! panicked {
    () => {
        "L{run}_panicked:"
    };
}

/// Calls the function with the same arguments, which are where it expects them. A panic ends here: where the function would have
/// returned, the second part goes on, which is the frame's language-specific data.
///
/// # Safety
///
/// As for the function.
#[unsafe(naked)]
pub(crate) unsafe extern "C-unwind" fn stop_panics<G: Guarded>(
    first: *mut c_void,
    b: *mut c_void,
    c: *mut c_void,
    d: *mut c_void,
    e: *mut c_void,
    f: *mut c_void,
) -> CURLcode {
    #[cfg(target_arch = "x86_64")]
    naked_asm!(
        cfi_begin!(),
        "push rdi",
        ".cfi_adjust_cfa_offset 8",
        "call {run}",
        "pop rdi",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        panicked!(),
        ".cfi_adjust_cfa_offset 8",
        "pop rdi",
        ".cfi_adjust_cfa_offset -8",
        "mov rsi, rdx",
        "jmp {stopped}",
        ".cfi_endproc",
        run = sym G::run,
        stopped = sym stopped::<G>,
        personality = sym personality,
    );
    #[cfg(target_arch = "aarch64")]
    naked_asm!(
        cfi_begin!(),
        "stp x29, x30, [sp, #-32]!",
        ".cfi_def_cfa_offset 32",
        ".cfi_offset x29, -32",
        ".cfi_offset x30, -24",
        "mov x29, sp",
        "str x0, [sp, #16]",
        "bl {run}",
        "ldp x29, x30, [sp], #32",
        ".cfi_def_cfa_offset 0",
        ".cfi_restore x29",
        ".cfi_restore x30",
        "ret",
        panicked!(),
        ".cfi_def_cfa_offset 32",
        ".cfi_offset x29, -32",
        ".cfi_offset x30, -24",
        "ldr x0, [sp, #16]",
        "ldp x29, x30, [sp], #32",
        ".cfi_def_cfa_offset 0",
        ".cfi_restore x29",
        ".cfi_restore x30",
        "b {stopped}",
        ".cfi_endproc",
        run = sym G::run,
        stopped = sym stopped::<G>,
        personality = sym personality,
    );
    #[cfg(target_arch = "riscv64")]
    naked_asm!(
        cfi_begin!(),
        "addi sp, sp, -16",
        ".cfi_def_cfa_offset 16",
        "sd ra, 8(sp)",
        ".cfi_offset ra, -8",
        "sd a0, 0(sp)",
        "call {run}",
        "ld ra, 8(sp)",
        ".cfi_restore ra",
        "addi sp, sp, 16",
        ".cfi_def_cfa_offset 0",
        "ret",
        panicked!(),
        ".cfi_def_cfa_offset 16",
        ".cfi_offset ra, -8",
        "ld a0, 0(sp)",
        "ld ra, 8(sp)",
        ".cfi_restore ra",
        "addi sp, sp, 16",
        ".cfi_def_cfa_offset 0",
        "tail {stopped}",
        ".cfi_endproc",
        run = sym G::run,
        stopped = sym stopped::<G>,
        personality = sym personality,
    );
}

/// What comes after a panic of `G`'s function: `exception` is its exception object.
#[cold]
unsafe extern "C-unwind" fn stopped<G: Guarded>(first: *mut c_void, exception: *mut c_void) -> CURLcode {
    // SAFETY: the argument is the one that the function had.
    unsafe { G::panicked(first, take_panic(exception)) }
}

#[inline(never)]
fn take_panic(exception: *mut c_void) -> Panic {
    // SAFETY: the exception object of a panic; raised again, it belongs to the unwinder.
    let raised = std::panic::catch_unwind(AssertUnwindSafe(|| unsafe { _Unwind_RaiseException(exception) }));
    match raised {
        Err(payload) => Panic(payload),
        // It only returns when nobody catches.
        Ok(_) => std::process::abort(),
    }
}

/// The register of the second part's exception, by its DWARF number: rdx, x1 or a1.
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
    // SAFETY: the context is the unwinder's, for the frame of `stop_panics`. Its second part expects the exception there.
    unsafe {
        _Unwind_SetGR(context, EXCEPTION, exception.expose_provenance());
        _Unwind_SetIP(context, _Unwind_GetLanguageSpecificData(context));
    }
    INSTALL_CONTEXT
}

/// More than the size of [`stop_panics`]. No other function's language-specific data are among its instructions.
const MAX_SIZE: usize = 128;

struct Walk {
    address: usize,
    passed: bool,
    catches: usize,
}

#[cold]
pub(super) fn catches_up_to(address: usize) -> Option<usize> {
    extern "C" fn look(context: *mut c_void, walk: *mut c_void) -> c_int {
        // SAFETY: the context is the unwinder's, and `walk` is the one below.
        let (function, data, top, walk) = unsafe {
            (
                _Unwind_GetRegionStart(context),
                _Unwind_GetLanguageSpecificData(context),
                _Unwind_GetCFA(context),
                &mut *walk.cast::<Walk>(),
            )
        };
        walk.passed |= top > walk.address;
        walk.catches += usize::from(data > function && data - function < MAX_SIZE);
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
    fn _Unwind_SetIP(context: *mut c_void, address: usize);
    fn _Unwind_GetLanguageSpecificData(context: *mut c_void) -> usize;
    fn _Unwind_GetRegionStart(context: *mut c_void) -> usize;
    fn _Unwind_GetCFA(context: *mut c_void) -> usize;
    fn _Unwind_Backtrace(look: extern "C" fn(*mut c_void, *mut c_void) -> c_int, data: *mut c_void) -> c_int;
}
