//! Prototypes for the header of the functions that are variadic in C. cbindgen reads this, the compiler never does.

unsafe extern "C" {
    /// Sets an option. The argument's type is the option's: `long`, `curl_off_t`, a function or another pointer, passed as
    /// exactly that type. Strings are copied; lists, blobs with `CURL_BLOB_NOCOPY` and other data must stay valid while the
    /// handle uses them. `CURLE_UNKNOWN_OPTION` for a number that is no option, `CURLE_NOT_BUILT_IN` for an option that would
    /// change the connection in a way that is not supported, `CURLE_BAD_FUNCTION_ARGUMENT` for a value out of range. An option
    /// that guards the connection and was refused with `CURLE_NOT_BUILT_IN` also fails the transfers that follow, until it
    /// is set to a value that is accepted. May be called from inside the handle's callbacks.
    pub fn curl_easy_setopt(curl: *mut CURL, option: CURLoption, ...) -> CURLcode;

    /// Asks for information about the last transfer. The argument is a pointer to where the answer goes, of the type that the
    /// information's number says. Strings belong to the handle and are valid until its next transfer.
    /// `CURLE_UNKNOWN_OPTION` for an unknown number. May be called from inside the handle's callbacks.
    pub fn curl_easy_getinfo(curl: *mut CURL, info: CURLINFO, ...) -> CURLcode;

    /// Sets an option of a multi handle. The argument's type is the option's: `long`, a function or another pointer.
    /// `CURLM_UNKNOWN_OPTION` for a number that is no option, `CURLM_BAD_FUNCTION_ARGUMENT` for a value out of range,
    /// `CURLM_RECURSIVE_API_CALL` from inside a callback.
    pub fn curl_multi_setopt(multi: *mut CURLM, option: CURLMoption, ...) -> CURLMcode;

    /// Sets an option of a share handle. The argument is an `int` of `curl_lock_data`, a function or a data pointer.
    /// `CURLSHE_IN_USE` while an easy handle uses the share, `CURLSHE_BAD_OPTION` for what is unknown.
    pub fn curl_share_setopt(share: *mut CURLSH, option: CURLSHoption, ...) -> CURLSHcode;

    /// Adds a part to a form: `CURLFORM_` options with their values, then `CURLFORM_END`. It is never sent. The form is freed
    /// with `curl_formfree`; what options named PTR, `CURLFORM_STREAM` and `CURLFORM_CONTENTHEADER` give must be alive until
    /// then.
    pub fn curl_formadd(first: *mut *mut curl_httppost, last: *mut *mut curl_httppost, ...) -> CURLFORMcode;

    /// `printf`.
    pub fn curl_mprintf(format: *const c_char, ...) -> c_int;

    /// `fprintf`.
    pub fn curl_mfprintf(stream: *mut FILE, format: *const c_char, ...) -> c_int;

    /// `sprintf`.
    pub fn curl_msprintf(buffer: *mut c_char, format: *const c_char, ...) -> c_int;

    /// `snprintf`, but returns how many bytes it stored before the NUL.
    pub fn curl_msnprintf(buffer: *mut c_char, maxlength: size_t, format: *const c_char, ...) -> c_int;

    /// Prints to new memory, to be freed with `curl_free`; NULL if there is none.
    pub fn curl_maprintf(format: *const c_char, ...) -> *mut c_char;

    /// `vprintf`.
    pub fn curl_mvprintf(format: *const c_char, args: va_list) -> c_int;

    /// `vfprintf`.
    pub fn curl_mvfprintf(stream: *mut FILE, format: *const c_char, args: va_list) -> c_int;

    /// `vsprintf`.
    pub fn curl_mvsprintf(buffer: *mut c_char, format: *const c_char, args: va_list) -> c_int;

    /// `vsnprintf`, but returns how many bytes it stored before the NUL.
    pub fn curl_mvsnprintf(buffer: *mut c_char, maxlength: size_t, format: *const c_char, args: va_list) -> c_int;

    /// Prints to new memory, to be freed with `curl_free`; NULL if there is none.
    pub fn curl_mvaprintf(format: *const c_char, args: va_list) -> *mut c_char;
}
