//! The threads that call getaddrinfo(). They start when there are names to look up, and end when they are idle.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::ffi::process::Process;
use crate::ffi::signals;
use crate::net::dns::answer::{Answer, Name};
use crate::net::dns::getaddrinfo;
use crate::net::wait::waker::Waker;

/// Threads that look names up. They belong to the process that made the pool: a child of fork() has none of them, and
/// a lock that one of them held stays locked there for ever, so that it must make a pool of its own.
#[derive(Debug)]
pub(super) struct Pool {
    process: Process,
    work: Condvar,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// All unfinished lookups, including those in the queue.
    jobs: HashMap<Name, Job>,
    queue: VecDeque<Name>,
    workers: Vec<Worker>,
    closed: bool,
    last_id: u64,
}

#[derive(Debug, Default)]
struct Job {
    answer: Arc<OnceLock<Answer>>,
    waiting: BTreeMap<u64, Waker>,
    running: bool,
}

#[derive(Debug)]
struct Worker {
    id: u64,
    thread: JoinHandle<()>,
    busy: bool,
}

/// A request for the addresses of a name. Dropping it cancels it.
#[derive(Debug)]
pub(super) struct Request {
    pool: Arc<Pool>,
    name: Name,
    id: u64,
    answer: Arc<OnceLock<Answer>>,
}

/// An idle thread ends after this time.
const IDLE: Duration = Duration::from_secs(5);

impl Request {
    /// The name.
    pub(super) fn name(&self) -> &Name {
        &self.name
    }

    /// Whether it was made before a fork(): no thread of this process works on it.
    pub(super) fn is_foreign(&self) -> bool {
        self.pool.is_foreign()
    }

    /// The answer, once there is one.
    pub(super) fn answer(&self) -> Option<&Answer> {
        self.answer.get()
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if self.answer.get().is_none() && !self.is_foreign() {
            self.pool.lock().abandon(&self.name, self.id);
        }
    }
}

impl Pool {
    /// A pool without threads.
    pub(super) fn new() -> Arc<Pool> {
        Arc::new(Pool {
            process: Process::current(),
            work: Condvar::new(),
            state: Mutex::default(),
        })
    }

    /// Whether this is another process than the one that made the pool.
    fn is_foreign(&self) -> bool {
        !self.process.is_current()
    }

    /// Requests the addresses of `name`; `waker` is woken when there is an answer. Fails when the waker gets no descriptor, or
    /// when there is no thread and none can be started.
    pub(super) fn ask(self: &Arc<Pool>, name: Name, waker: Waker, max_threads: usize) -> io::Result<Request> {
        waker.open()?;
        let mut state = self.lock();
        let id = state.next_id();
        if !state.jobs.contains_key(&name) {
            state.queue.push_back(name.clone());
        }
        let job = state.jobs.entry(name.clone()).or_default();
        job.waiting.insert(id, waker);
        let answer = Arc::clone(&job.answer);
        if let Err(error) = self.start_thread_if_needed(&mut state, max_threads) {
            state.abandon(&name, id);
            return Err(error);
        }
        self.work.notify_one();
        Ok(Request {
            pool: Arc::clone(self),
            name,
            id,
            answer,
        })
    }

    /// Ends the idle threads of this process. One that is inside getaddrinfo() can't be stopped: it ends afterwards.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let workers = std::mem::take(&mut state.workers);
        drop(state);
        self.work.notify_all();
        for worker in workers.into_iter().filter(|worker| !worker.busy) {
            // A thread that panicked has ended too.
            let _ = worker.thread.join();
        }
    }

    /// Nothing that blocks runs under the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a thread if the idle ones are not enough for the queue.
    fn start_thread_if_needed(self: &Arc<Pool>, state: &mut State, max_threads: usize) -> io::Result<()> {
        let idle = state.workers.iter().filter(|worker| !worker.busy).count();
        if idle >= state.queue.len() || state.workers.len() >= max_threads {
            return Ok(());
        }
        let id = state.next_id();
        match self.spawn(id) {
            Ok(thread) => state.workers.push(Worker {
                id,
                thread,
                busy: false,
            }),
            Err(error) if state.workers.is_empty() => return Err(error),
            Err(_) => {}
        }
        Ok(())
    }

    /// Starts a thread with all signals blocked: handling them is up to the application's threads.
    fn spawn(self: &Arc<Pool>, id: u64) -> io::Result<JoinHandle<()>> {
        let pool = Arc::clone(self);
        let thread = thread::Builder::new().name("wscurl-resolver".to_owned());
        signals::with_all_blocked(|| thread.spawn(move || pool.run(id)))
    }

    /// The main function of a thread.
    fn run(&self, id: u64) {
        while let Some(name) = self.next(id) {
            let answer = getaddrinfo::addresses(&name.host, name.family);
            self.deliver(id, &name, answer);
        }
    }

    /// Waits for the next name to look up; `None` when the thread is to end.
    fn next(&self, id: u64) -> Option<Name> {
        let no_work = |state: &mut State| state.queue.is_empty() && !state.closed;
        let waited = self.work.wait_timeout_while(self.lock(), IDLE, no_work);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed || state.queue.is_empty() {
            state.workers.retain(|worker| worker.id != id);
            return None;
        }
        let name = state.queue.pop_front()?;
        state.set_busy(id, true);
        if let Some(job) = state.jobs.get_mut(&name) {
            job.running = true;
        }
        Some(name)
    }

    fn deliver(&self, id: u64, name: &Name, answer: Answer) {
        let mut state = self.lock();
        state.set_busy(id, false);
        let job = state.jobs.remove(name);
        drop(state);
        if let Some(job) = job {
            let _ = job.answer.set(answer);
            job.waiting.values().for_each(Waker::wake);
        }
    }
}

impl State {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn set_busy(&mut self, id: u64, busy: bool) {
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.id == id) {
            worker.busy = busy;
        }
    }

    /// One request for `name` less; a lookup without requests is not begun.
    fn abandon(&mut self, name: &Name, id: u64) {
        let Some(job) = self.jobs.get_mut(name) else { return };
        job.waiting.remove(&id);
        if job.waiting.is_empty() && !job.running {
            self.jobs.remove(name);
            self.queue.retain(|queued| queued != name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::dns::answer::Family;

    fn name(host: &str) -> Name {
        Name {
            host: host.to_owned(),
            family: Family::V4,
        }
    }

    fn ask(pool: &Arc<Pool>, host: &str) -> (Request, Waker) {
        let waker = Waker::default();
        (pool.ask(name(host), waker.clone(), 1).unwrap(), waker)
    }

    /// Its only thread does nothing, so that the queue keeps its content.
    fn pool_with_busy_thread() -> Arc<Pool> {
        let pool = Pool::new();
        pool.lock().workers.push(Worker {
            id: 0,
            thread: thread::spawn(|| {}),
            busy: true,
        });
        pool
    }

    #[test]
    fn requests_for_one_name_share_a_lookup_and_cancelled_ones_have_none() {
        let pool = pool_with_busy_thread();
        let queued = || pool.lock().queue.len();
        let (first, second, other) = (ask(&pool, "a"), ask(&pool, "a"), ask(&pool, "b"));
        assert_eq!(queued(), 2);
        drop(first);
        assert_eq!(queued(), 2);
        drop(second);
        assert_eq!(queued(), 1);
        drop(other);
        assert_eq!(queued(), 0);
        assert!(pool.lock().jobs.is_empty());
    }

    #[test]
    fn all_requests_for_a_name_are_woken() {
        let pool = pool_with_busy_thread();
        let asked = [ask(&pool, "a"), ask(&pool, "a"), ask(&pool, "a")];
        let [first, second, third] = asked;
        drop(third);
        let next = pool.next(0).unwrap();
        assert_eq!(next, name("a"));
        assert!(first.0.answer().is_none() && !first.1.drain());
        let answer = Ok(vec!["10.0.0.1:0".parse().unwrap()]);
        pool.deliver(0, &next, answer.clone());
        for (request, waker) in [first, second] {
            assert!(waker.drain());
            assert_eq!(request.answer(), Some(&answer));
        }
        assert!(pool.lock().jobs.is_empty());
    }

    #[test]
    fn a_running_lookup_outlives_its_request() {
        let pool = pool_with_busy_thread();
        let asked = ask(&pool, "a");
        let next = pool.next(0).unwrap();
        drop(asked);
        let (again, _waker) = ask(&pool, "a");
        assert!(pool.lock().queue.is_empty());
        pool.deliver(0, &next, Ok(Vec::new()));
        assert!(again.answer().is_some());
    }

    #[test]
    fn the_idle_threads_end_with_the_pool() {
        let pool = Pool::new();
        let (request, waker) = ask(&pool, "127.1");
        while !waker.drain() {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(request.answer().unwrap().is_ok());
        assert_eq!(pool.lock().workers.len(), 1);
        drop(request);
        pool.close();
        assert_eq!(Arc::strong_count(&pool), 1);
        assert!(pool.lock().workers.is_empty());
    }
}
