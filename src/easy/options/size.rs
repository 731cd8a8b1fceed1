//! How much memory the application's strings take.

use std::ffi::CString;

use super::value::Value;
use super::{Options, UnixPath};
use crate::ffi::slist::Slist;

impl Options {
    /// The bytes of the strings and blobs that are kept here: what a copy takes.
    pub(crate) fn size(&self) -> usize {
        let (request, connection, tls) = (&self.request, &self.connection, &self.tls);
        let strings = [
            &request.url,
            &request.default_protocol,
            &request.request_target,
            &request.custom_request,
            &request.user_agent,
            &request.referer,
            &request.cookie,
            &request.cookie_jar,
            &request.username,
            &request.password,
            &request.bearer,
            &request.netrc_file,
            &connection.no_proxy,
            &connection.interface,
            &tls.ca_info,
            &tls.ca_path,
        ];
        let socket = match &connection.unix_socket {
            Some(UnixPath::File(path) | UnixPath::Abstract(path)) => path.as_bytes().len(),
            None => 0,
        };
        let blob = tls.ca_info_blob.as_ref().map_or(0, Vec::len);
        let files = request.cookie_files.iter().chain(&request.hsts_files);
        let files: usize = files.map(|file| file.as_bytes().len()).sum();
        strings.into_iter().map(length).sum::<usize>() + files + socket + blob + self.remembered.size()
    }

    /// The same with the lists, which a transfer copies as well.
    pub(crate) fn size_with_lists(&self) -> usize {
        let lists = [
            self.request.headers,
            self.connection.resolve,
            self.connection.connect_to,
        ];
        self.size() + lists.into_iter().map(Slist::size).sum::<usize>()
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
