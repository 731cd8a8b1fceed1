//! How much memory the application's strings take.

use std::ffi::CString;

use super::value::Value;
use super::{Options, TlsOptions, UnixPath};
use crate::ffi::slist::Slist;

impl Options {
    /// The bytes of the strings and blobs that are kept here: what a copy takes.
    pub(crate) fn size(&self) -> usize {
        let (request, connection, proxy) = (&self.request, &self.connection, &self.proxy);
        let strings = [
            &self.url,
            &request.default_protocol,
            &request.request_target,
            &request.custom_request,
            &request.user_agent,
            &request.accept_encoding,
            &request.referer,
            &request.cookie,
            &request.cookie_jar,
            &request.username,
            &proxy.url,
            &proxy.pre_url,
            &proxy.exempted,
            &proxy.username,
            &proxy.haproxy_client_ip,
            &request.netrc_file,
            &connection.interface,
        ];
        let socket = match &connection.unix_socket {
            Some(UnixPath::File(path) | UnixPath::Abstract(path)) => path.as_bytes().len(),
            None => 0,
        };
        let tls = self.tls.size() + self.proxy_tls.size();
        let files = request.cookie_files.iter().chain(&request.hsts_files);
        let files: usize = files.map(|file| file.as_bytes().len()).sum();
        let secrets = [&request.password, &request.bearer, &proxy.password];
        let secrets: usize = secrets.into_iter().flatten().map(|secret| secret.len()).sum();
        let strings: usize = strings.into_iter().map(length).sum();
        strings + secrets + files + socket + tls + self.remembered.size()
    }

    /// The same with the lists and the URL of a handle, which a transfer copies as well.
    pub(crate) fn size_with_lists(&self) -> usize {
        let lists = [
            self.request.headers,
            self.connection.resolve,
            self.connection.connect_to,
            self.proxy.headers,
        ];
        let url = self
            .request
            .url_handle
            .as_ref()
            .map_or(0, |handle| handle.parts().size());
        self.size() + lists.into_iter().map(Slist::size).sum::<usize>() + url
    }
}

impl TlsOptions {
    fn size(&self) -> usize {
        let strings = [
            &self.ca_info,
            &self.ca_path,
            &self.crl_file,
            &self.issuer,
            &self.pinned_key,
            &self.certificate,
            &self.certificate_type,
            &self.key,
            &self.key_type,
            &self.ciphers,
            &self.ciphers_13,
            &self.curves,
            &self.signature_algorithms,
        ];
        let blobs = [
            self.ca_info_blob.as_deref(),
            self.issuer_blob.as_deref(),
            self.certificate_blob.as_deref(),
            self.key_blob.as_deref(),
            self.key_password.as_deref(),
        ];
        let blobs = blobs.into_iter().flatten().map(<[u8]>::len).sum::<usize>();
        strings.into_iter().map(length).sum::<usize>() + blobs
    }
}

impl super::Remembered {
    fn size(&self) -> usize {
        let size = |value: &Value| match value {
            Value::String(string) => length(string),
            Value::Blob(blob) => blob.as_ref().map_or(0, Vec::len),
            _ => 0,
        };
        self.0.values().map(size).sum()
    }
}

fn length(string: &Option<CString>) -> usize {
    string.as_ref().map_or(0, |string| string.as_bytes().len())
}
