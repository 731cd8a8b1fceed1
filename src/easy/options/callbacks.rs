//! The application's functions and their data.

use super::Callbacks;
use super::check::wrong_type;
use super::value::{Function, Value};
use crate::error::Result;
use crate::ffi::callback::Callback;
use crate::ffi::pointer::Pointer;
use crate::ffi::stdio::File;
use crate::types::option::CURLoption::{self, *};

impl Default for Callbacks {
    fn default() -> Callbacks {
        Callbacks {
            write: Callback {
                data: File::stdout().as_pointer(),
                ..Callback::NONE
            },
            header: Callback::NONE,
            read: Callback {
                data: File::stdin().as_pointer(),
                ..Callback::NONE
            },
            debug: Callback::NONE,
            xferinfo: Callback::NONE,
            progress: Callback::NONE,
            sockopt: Callback::NONE,
            opensocket: Callback::NONE,
            closesocket: Callback::NONE,
            prereq: Callback::NONE,
            ws_open: Callback::NONE,
            resolver_start: Callback::NONE,
            hsts_read: Callback::NONE,
            hsts_write: Callback::NONE,
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
            (CURLOPT_WRITEFUNCTION, Function::Write(function)) => self.write.function = function,
            (CURLOPT_HEADERFUNCTION, Function::Write(function)) => self.header.function = function,
            (CURLOPT_READFUNCTION, Function::Read(function)) => self.read.function = function,
            (CURLOPT_DEBUGFUNCTION, Function::Debug(function)) => self.debug.function = function,
            (CURLOPT_XFERINFOFUNCTION, Function::XferInfo(function)) => self.xferinfo.function = function,
            (CURLOPT_PROGRESSFUNCTION, Function::Progress(function)) => self.progress.function = function,
            (CURLOPT_SOCKOPTFUNCTION, Function::SockOpt(function)) => self.sockopt.function = function,
            (CURLOPT_OPENSOCKETFUNCTION, Function::OpenSocket(function)) => self.opensocket.function = function,
            (CURLOPT_CLOSESOCKETFUNCTION, Function::CloseSocket(function)) => self.closesocket.function = function,
            (CURLOPT_PREREQFUNCTION, Function::PreReq(function)) => self.prereq.function = function,
            (CURLOPT_WS_OPENFUNCTION, Function::WsOpen(function)) => self.ws_open.function = function,
            (CURLOPT_RESOLVER_START_FUNCTION, Function::ResolverStart(function)) => {
                self.resolver_start.function = function;
            }
            (CURLOPT_HSTSREADFUNCTION, Function::HstsRead(function)) => self.hsts_read.function = function,
            (CURLOPT_HSTSWRITEFUNCTION, Function::HstsWrite(function)) => self.hsts_write.function = function,
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }

    fn set_data(&mut self, option: CURLoption, data: Pointer) -> Result<()> {
        let field = match option {
            CURLOPT_WRITEDATA => &mut self.write.data,
            CURLOPT_HEADERDATA => &mut self.header.data,
            CURLOPT_READDATA => &mut self.read.data,
            CURLOPT_DEBUGDATA => &mut self.debug.data,
            CURLOPT_XFERINFODATA => {
                self.progress.data = data;
                &mut self.xferinfo.data
            }
            CURLOPT_SOCKOPTDATA => &mut self.sockopt.data,
            CURLOPT_OPENSOCKETDATA => &mut self.opensocket.data,
            CURLOPT_CLOSESOCKETDATA => &mut self.closesocket.data,
            CURLOPT_PREREQDATA => &mut self.prereq.data,
            CURLOPT_WS_OPENDATA => &mut self.ws_open.data,
            CURLOPT_RESOLVER_START_DATA => &mut self.resolver_start.data,
            CURLOPT_HSTSREADDATA => &mut self.hsts_read.data,
            CURLOPT_HSTSWRITEDATA => &mut self.hsts_write.data,
            _ => return Err(wrong_type(option)),
        };
        *field = data;
        Ok(())
    }
}
