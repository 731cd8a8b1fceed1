//! The functions that are the system's as they are: each is one jump to an address in a slot, so that any signature passes
//! untouched. The first call of one fills all slots. What the system's libcurl lacks, or all if there is none, goes to wscurl.

use std::arch::naked_asm;
use std::ffi::{CStr, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::system::system;

/// Where a function jumps to, NULL before the first call.
type Slot = AtomicPtr<c_void>;

/// A function of wscurl's, of whatever type.
type Own = unsafe extern "C" fn();

macro_rules! forward {
    ($($name:ident as $dropin:ident;)*) => {
        /// wscurl's, to be called when there is no other.
        mod own {
            unsafe extern "C" {
                $(pub(super) fn $name();)*
            }
        }

        mod slot {
            $(#[allow(non_upper_case_globals, reason = "named like the function")]
            pub(super) static $name: super::Slot = super::Slot::new(super::null_mut());)*
        }

        static ALL: &[(&str, &Slot, Own)] = &[
            $((concat!(stringify!($name), "\0"), &slot::$name, own::$name),)*
        ];

        $(
            #[unsafe(naked)]
            #[unsafe(no_mangle)]
            extern "C" fn $dropin() {
                jump!(slot::$name)
            }
        )*
    };
}

// Only registers that calls may change are used, and none that holds an argument, the number of vector registers (al) or the
// address of a result (x8).

#[cfg(target_arch = "x86_64")]
macro_rules! jump {
    ($slot:path) => {
        naked_asm!(
            "endbr64",
            "mov r11, qword ptr [rip + {slot}]",
            "test r11, r11",
            "jz 2f",
            "jmp r11",
            "2:",
            "lea r11, [rip + {slot}]",
            "jmp {first}",
            slot = sym $slot,
            first = sym first_call,
        )
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! jump {
    ($slot:path) => {
        naked_asm!(
            "bti c",
            "adrp x16, {slot}",
            "add x16, x16, :lo12:{slot}",
            "ldr x17, [x16]",
            "cbz x17, 2f",
            "br x17",
            "2:",
            "b {first}",
            slot = sym $slot,
            first = sym first_call,
        )
    };
}

/// Fills the slots with all argument registers saved, then jumps to what is in the slot that r11 points to.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
extern "C" fn first_call() {
    naked_asm!(
        "push rax", "push rdi", "push rsi", "push rdx", "push rcx", "push r8", "push r9", "push r11",
        "sub rsp, 136",
        "movups [rsp], xmm0", "movups [rsp + 16], xmm1", "movups [rsp + 32], xmm2", "movups [rsp + 48], xmm3",
        "movups [rsp + 64], xmm4", "movups [rsp + 80], xmm5", "movups [rsp + 96], xmm6", "movups [rsp + 112], xmm7",
        "call {fill}",
        "movups xmm0, [rsp]", "movups xmm1, [rsp + 16]", "movups xmm2, [rsp + 32]", "movups xmm3, [rsp + 48]",
        "movups xmm4, [rsp + 64]", "movups xmm5, [rsp + 80]", "movups xmm6, [rsp + 96]", "movups xmm7, [rsp + 112]",
        "add rsp, 136",
        "pop r11", "pop r9", "pop r8", "pop rcx", "pop rdx", "pop rsi", "pop rdi", "pop rax",
        "jmp qword ptr [r11]",
        fill = sym fill,
    )
}

/// Fills the slots with all argument registers saved, then jumps to what is in the slot that x16 points to.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
extern "C" fn first_call() {
    naked_asm!(
        "stp x29, x30, [sp, #-16]!",
        "mov x29, sp",
        "stp x0, x1, [sp, #-16]!", "stp x2, x3, [sp, #-16]!", "stp x4, x5, [sp, #-16]!", "stp x6, x7, [sp, #-16]!",
        "stp x8, x16, [sp, #-16]!",
        "stp q0, q1, [sp, #-32]!", "stp q2, q3, [sp, #-32]!", "stp q4, q5, [sp, #-32]!", "stp q6, q7, [sp, #-32]!",
        "bl {fill}",
        "ldp q6, q7, [sp], #32", "ldp q4, q5, [sp], #32", "ldp q2, q3, [sp], #32", "ldp q0, q1, [sp], #32",
        "ldp x8, x16, [sp], #16",
        "ldp x6, x7, [sp], #16", "ldp x4, x5, [sp], #16", "ldp x2, x3, [sp], #16", "ldp x0, x1, [sp], #16",
        "ldp x29, x30, [sp], #16",
        "ldr x17, [x16]",
        "br x17",
        fill = sym fill,
    )
}

extern "C" fn fill() {
    let library = system().map(|system| system.library());
    for (name, slot, own) in ALL {
        let name = CStr::from_bytes_with_nul(name.as_bytes()).unwrap_or_default();
        let theirs = library.and_then(|library| library.find(name));
        slot.store(theirs.unwrap_or(*own as *mut c_void), Ordering::Release);
    }
}

forward! {
    curl_url as dropin_url;
    curl_url_cleanup as dropin_url_cleanup;
    curl_url_dup as dropin_url_dup;
    curl_url_get as dropin_url_get;
    curl_url_strerror as dropin_url_strerror;
    curl_mime_init as dropin_mime_init;
    curl_mime_free as dropin_mime_free;
    curl_mime_addpart as dropin_mime_addpart;
    curl_mime_name as dropin_mime_name;
    curl_mime_filename as dropin_mime_filename;
    curl_mime_type as dropin_mime_type;
    curl_mime_encoder as dropin_mime_encoder;
    curl_mime_data as dropin_mime_data;
    curl_mime_filedata as dropin_mime_filedata;
    curl_mime_data_cb as dropin_mime_data_cb;
    curl_mime_subparts as dropin_mime_subparts;
    curl_mime_headers as dropin_mime_headers;
    curl_formadd as dropin_formadd;
    curl_formget as dropin_formget;
    curl_formfree as dropin_formfree;
    curl_slist_append as dropin_slist_append;
    curl_slist_free_all as dropin_slist_free_all;
    curl_free as dropin_free;
    curl_escape as dropin_escape;
    curl_unescape as dropin_unescape;
    curl_easy_escape as dropin_easy_escape;
    curl_easy_unescape as dropin_easy_unescape;
    curl_getdate as dropin_getdate;
    curl_getenv as dropin_getenv;
    curl_strequal as dropin_strequal;
    curl_strnequal as dropin_strnequal;
    curl_mprintf as dropin_mprintf;
    curl_mfprintf as dropin_mfprintf;
    curl_msprintf as dropin_msprintf;
    curl_msnprintf as dropin_msnprintf;
    curl_maprintf as dropin_maprintf;
    curl_mvprintf as dropin_mvprintf;
    curl_mvfprintf as dropin_mvfprintf;
    curl_mvsprintf as dropin_mvsprintf;
    curl_mvsnprintf as dropin_mvsnprintf;
    curl_mvaprintf as dropin_mvaprintf;
    curl_multi_strerror as dropin_multi_strerror;
    curl_share_strerror as dropin_share_strerror;
    curl_share_init as dropin_share_init;
    curl_share_setopt as dropin_share_setopt;
    curl_share_cleanup as dropin_share_cleanup;
    curl_easy_option_next as dropin_easy_option_next;
    curl_global_sslset as dropin_global_sslset;
    curl_global_trace as dropin_global_trace;
    curl_easy_ssls_export as dropin_easy_ssls_export;
    curl_easy_ssls_import as dropin_easy_ssls_import;
    curl_pushheader_byname as dropin_pushheader_byname;
    curl_pushheader_bynum as dropin_pushheader_bynum;
    curl_multi_wakeup as dropin_multi_wakeup;
}
