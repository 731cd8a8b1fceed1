//! The application's functions and their data.

use std::ptr::null_mut;

use super::Callbacks;
use super::check::wrong_type;
use super::value::{Function, Value};
use crate::error::Result;
use crate::ffi::stdio;
use crate::types::option::CURLoption::{self, *};

impl Default for Callbacks {
    fn default() -> Callbacks {
        Callbacks {
            write: None,
            write_data: stdio::stdout(),
            header: None,
            header_data: null_mut(),
            read: None,
            read_data: stdio::stdin(),
            debug: None,
            debug_data: null_mut(),
            xferinfo: None,
            progress: None,
            progress_data: null_mut(),
            sockopt: None,
            sockopt_data: null_mut(),
            opensocket: None,
            opensocket_data: null_mut(),
            closesocket: None,
            closesocket_data: null_mut(),
            prereq: None,
            prereq_data: null_mut(),
            ws_open: None,
            ws_open_data: null_mut(),
            resolver_start: None,
            resolver_start_data: null_mut(),
        }
    }
}

impl Callbacks {
    pub(super) fn set(&mut self, option: CURLoption, value: Value) -> Result<()> {
        match value {
            Value::Function(function) => self.set_function(option, function),
            Value::Pointer(data) => self.set_data(option, data),
            _ => Err(wrong_type(option)),
        }
    }

    fn set_function(&mut self, option: CURLoption, function: Function) -> Result<()> {
        match (option, function) {
            (CURLOPT_WRITEFUNCTION, Function::Write(function)) => self.write = function,
            (CURLOPT_HEADERFUNCTION, Function::Write(function)) => self.header = function,
            (CURLOPT_READFUNCTION, Function::Read(function)) => self.read = function,
            (CURLOPT_DEBUGFUNCTION, Function::Debug(function)) => self.debug = function,
            (CURLOPT_XFERINFOFUNCTION, Function::XferInfo(function)) => self.xferinfo = function,
            (CURLOPT_PROGRESSFUNCTION, Function::Progress(function)) => self.progress = function,
            (CURLOPT_SOCKOPTFUNCTION, Function::SockOpt(function)) => self.sockopt = function,
            (CURLOPT_OPENSOCKETFUNCTION, Function::OpenSocket(function)) => self.opensocket = function,
            (CURLOPT_CLOSESOCKETFUNCTION, Function::CloseSocket(function)) => self.closesocket = function,
            (CURLOPT_PREREQFUNCTION, Function::PreReq(function)) => self.prereq = function,
            (CURLOPT_WS_OPENFUNCTION, Function::WsOpen(function)) => self.ws_open = function,
            (CURLOPT_RESOLVER_START_FUNCTION, Function::ResolverStart(function)) => self.resolver_start = function,
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }

    fn set_data(&mut self, option: CURLoption, data: *mut std::ffi::c_void) -> Result<()> {
        let field = match option {
            CURLOPT_WRITEDATA => &mut self.write_data,
            CURLOPT_HEADERDATA => &mut self.header_data,
            CURLOPT_READDATA => &mut self.read_data,
            CURLOPT_DEBUGDATA => &mut self.debug_data,
            CURLOPT_XFERINFODATA => &mut self.progress_data,
            CURLOPT_SOCKOPTDATA => &mut self.sockopt_data,
            CURLOPT_OPENSOCKETDATA => &mut self.opensocket_data,
            CURLOPT_CLOSESOCKETDATA => &mut self.closesocket_data,
            CURLOPT_PREREQDATA => &mut self.prereq_data,
            CURLOPT_WS_OPENDATA => &mut self.ws_open_data,
            CURLOPT_RESOLVER_START_DATA => &mut self.resolver_start_data,
            _ => return Err(wrong_type(option)),
        };
        *field = data;
        Ok(())
    }
}
