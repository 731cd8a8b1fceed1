/*
 * LD_PRELOAD: makes one system or memory call of libwscurl's go wrong. Calls of the program and of other libraries are left alone.
 *
 *   FAULT=NAME:N:WHAT   the N-th call of NAME (from 1) fails with the errno WHAT (for getaddrinfo: the EAI_ number), or with the word
 *                       `one` or `half` transfers 1 byte or half of the bytes
 *   FAULT=NAME:N+:WHAT  so do all later ones
 *
 * At the end it prints on standard error how often each function was called, how many calls went wrong, and how many blocks
 * of memory libwscurl did not free.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define CALLS(X) \
    X(socket) X(connect) X(bind) X(send) X(write) X(writev) X(recv) X(recvmsg) X(read) X(poll) X(ppoll) X(epoll_create1) X(epoll_ctl) \
    X(epoll_wait) X(eventfd) X(getaddrinfo) X(getrandom) X(open) X(open64) X(fcntl) X(fstat) X(fstat64) X(statx) X(setsockopt) X(getsockopt) \
    X(getsockname) X(getpeername) X(shutdown) X(malloc) X(calloc) X(realloc) X(posix_memalign) X(pthread_create)

#define NUMBER(name) CALL_##name,
#define NAME(name) #name,
enum call { CALLS(NUMBER) CALL_COUNT };
static const char *const names[] = { CALLS(NAME) };

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static uintptr_t low, high;
static atomic_long calls[CALL_COUNT], faults;
static long count_blocks(void);
static int faulty = -1, what, whole_rest;
static long first;
enum { FAIL, ONE, HALF } manner;

static int find_library(struct dl_phdr_info *info, size_t size, void *unused)
{
    const char *file = strrchr(info->dlpi_name, '/');
    (void)size;
    (void)unused;
    if(!file || strncmp(file, "/libwscurl.so", 13))
        return 0;
    low = UINTPTR_MAX;
    for(int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if(part->p_type != PT_LOAD)
            continue;
        uintptr_t begin = info->dlpi_addr + part->p_vaddr;
        low = begin < low ? begin : low;
        high = begin + part->p_memsz > high ? begin + part->p_memsz : high;
    }
    return 1;
}

static void parse(char *fault)
{
    char *colon = strchr(fault, ':');
    if(!colon)
        return;
    for(int i = 0; i < CALL_COUNT; i++)
        if((size_t)(colon - fault) == strlen(names[i]) && !strncmp(fault, names[i], (size_t)(colon - fault)))
            faulty = i;
    first = strtol(colon + 1, &colon, 10);
    if(*colon == '+') {
        whole_rest = 1;
        colon++;
    }
    manner = !strcmp(colon + 1, "one") ? ONE : !strcmp(colon + 1, "half") ? HALF : FAIL;
    what = atoi(colon + 1);
    if(faulty < 0 || first < 1 || *colon != ':') {
        fprintf(stderr, "FAULT=%s: not understood\n", fault);
        _exit(2);
    }
}

__attribute__((constructor)) static void begin(void)
{
    char *fault = getenv("FAULT");
    dl_iterate_phdr(find_library, NULL);
    if(fault)
        parse(fault);
}

__attribute__((destructor)) static void end(void)
{
    fprintf(stderr, "calls");
    for(int i = 0; i < CALL_COUNT; i++)
        if(calls[i])
            fprintf(stderr, " %s=%ld", names[i], (long)calls[i]);
    fprintf(stderr, " faults=%ld blocks=%ld\n", (long)faults, count_blocks());
}

#define OURS ((uintptr_t)__builtin_return_address(0) - low < high - low)

static int goes_wrong(enum call call)
{
    long number = atomic_fetch_add(&calls[call], 1) + 1;
    if((int)call != faulty || number < first || (number > first && !whole_rest))
        return 0;
    atomic_fetch_add(&faults, 1);
    return 1;
}

/* What a call of the C library is without this one. */
#define REAL(name) ((__typeof__(&name))real(CALL_##name, #name))

static void *real(int call, const char *name)
{
    static _Atomic(void *) known[CALL_COUNT];
    if(!known[call])
        known[call] = dlsym(RTLD_NEXT, name);
    return known[call];
}

#define FAILS(name)                                        \
    if(OURS && goes_wrong(CALL_##name)) {                  \
        errno = what;                                      \
        return -1;                                         \
    }

int socket(int family, int type, int protocol)
{
    FAILS(socket)
    return REAL(socket)(family, type, protocol);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    if(OURS && goes_wrong(CALL_connect)) {
        /* the kernel goes on connecting */
        if(what == EINTR && REAL(connect)(fd, address, length) && errno != EINPROGRESS)
            return -1;
        errno = what;
        return -1;
    }
    return REAL(connect)(fd, address, length);
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    FAILS(bind)
    return REAL(bind)(fd, address, length);
}

static size_t shortened(size_t size)
{
    return manner == ONE ? size > 0 : (size + 1) / 2;
}

#define FAILS_OR_IS_SHORT(name, size)                      \
    if(OURS && goes_wrong(CALL_##name)) {                  \
        if(manner == FAIL) {                               \
            errno = what;                                  \
            return -1;                                     \
        }                                                  \
        size = shortened(size);                            \
    }

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    FAILS_OR_IS_SHORT(send, size)
    return REAL(send)(fd, bytes, size, flags);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    FAILS_OR_IS_SHORT(write, size)
    return REAL(write)(fd, bytes, size);
}

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    FAILS_OR_IS_SHORT(recv, size)
    return REAL(recv)(fd, bytes, size, flags);
}

ssize_t read(int fd, void *bytes, size_t size)
{
    FAILS_OR_IS_SHORT(read, size)
    return REAL(read)(fd, bytes, size);
}

/* The parts, shortened. */
static int shorten_parts(struct iovec *to, const struct iovec *from, int count)
{
    size_t size = 0;
    int kept = 0;
    for(int i = 0; i < count; i++)
        size += from[i].iov_len;
    size = shortened(size);
    for(; kept < count && kept < 16 && size; kept++) {
        to[kept] = from[kept];
        if(to[kept].iov_len > size)
            to[kept].iov_len = size;
        size -= to[kept].iov_len;
    }
    return kept;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    struct iovec fewer[16];
    if(OURS && goes_wrong(CALL_writev)) {
        if(manner == FAIL) {
            errno = what;
            return -1;
        }
        return REAL(writev)(fd, fewer, shorten_parts(fewer, parts, count));
    }
    return REAL(writev)(fd, parts, count);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    struct iovec fewer[16];
    if(OURS && goes_wrong(CALL_recvmsg)) {
        if(manner == FAIL) {
            errno = what;
            return -1;
        }
        struct msghdr other = *message;
        other.msg_iovlen = (size_t)shorten_parts(fewer, message->msg_iov, (int)message->msg_iovlen);
        other.msg_iov = fewer;
        ssize_t received = REAL(recvmsg)(fd, &other, flags);
        message->msg_flags = other.msg_flags;
        message->msg_controllen = other.msg_controllen;
        message->msg_namelen = other.msg_namelen;
        return received;
    }
    return REAL(recvmsg)(fd, message, flags);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    FAILS(poll)
    return REAL(poll)(fds, count, timeout);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *signals)
{
    FAILS(ppoll)
    return REAL(ppoll)(fds, count, timeout, signals);
}

int epoll_create1(int flags)
{
    FAILS(epoll_create1)
    return REAL(epoll_create1)(flags);
}

int epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
    FAILS(epoll_ctl)
    return REAL(epoll_ctl)(set, operation, fd, event);
}

int epoll_wait(int set, struct epoll_event *events, int count, int timeout)
{
    FAILS(epoll_wait)
    return REAL(epoll_wait)(set, events, count, timeout);
}

/*
 * `faults.test` stands for 127.0.0.1, so that a lookup is needed and has an answer. It takes so long that the session has to wait for it:
 * a multi handle that waits for a name has a handle more, whose memory is kept.
 */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    if(OURS && goes_wrong(CALL_getaddrinfo)) {
        errno = ENOMEM; /* for EAI_SYSTEM */
        return what;
    }
    if(node && !strcmp(node, "faults.test")) {
        node = "127.0.0.1";
        usleep(20000);
    }
    return REAL(getaddrinfo)(node, service, hints, found);
}

ssize_t getrandom(void *bytes, size_t size, unsigned int flags)
{
    FAILS_OR_IS_SHORT(getrandom, size)
    return REAL(getrandom)(bytes, size, flags);
}

/* A mode is only there with O_CREAT. */
#define MODE                                               \
    mode_t mode = 0;                                       \
    if(flags & (O_CREAT | O_TMPFILE)) {                    \
        va_list rest;                                      \
        va_start(rest, flags);                             \
        mode = va_arg(rest, mode_t);                       \
        va_end(rest);                                      \
    }

int open(const char *path, int flags, ...)
{
    MODE
    FAILS(open)
    return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE
    FAILS(open64)
    return REAL(open64)(path, flags, mode);
}

int fcntl(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    FAILS(fcntl)
    return REAL(fcntl)(fd, command, argument);
}

int fstat(int fd, struct stat *about)
{
    FAILS(fstat)
    return REAL(fstat)(fd, about);
}

int fstat64(int fd, struct stat64 *about)
{
    FAILS(fstat64)
    return REAL(fstat64)(fd, about);
}

int statx(int folder, const char *restrict path, int flags, unsigned int mask, struct statx *restrict about)
{
    FAILS(statx)
    return REAL(statx)(folder, path, flags, mask, about);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
    FAILS(setsockopt)
    return REAL(setsockopt)(fd, level, option, value, length);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *length)
{
    FAILS(getsockopt)
    return REAL(getsockopt)(fd, level, option, value, length);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    FAILS(getsockname)
    return REAL(getsockname)(fd, address, length);
}

int getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    FAILS(getpeername)
    return REAL(getpeername)(fd, address, length);
}

int shutdown(int fd, int how)
{
    FAILS(shutdown)
    return REAL(shutdown)(fd, how);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    if(OURS && goes_wrong(CALL_pthread_create))
        return what;
    return REAL(pthread_create)(thread, attributes, start, argument);
}

/* What has no function in the C library, or none that every version has. */
long syscall(long number, ...)
{
    static _Atomic(void *) known;
    long argument[6];
    va_list rest;
    va_start(rest, number);
    for(int i = 0; i < 6; i++)
        argument[i] = va_arg(rest, long);
    va_end(rest);
    if(OURS && number == SYS_eventfd2 && goes_wrong(CALL_eventfd)) {
        errno = what;
        return -1;
    }
    if(OURS && number == SYS_getrandom && goes_wrong(CALL_getrandom)) {
        if(manner == FAIL) {
            errno = what;
            return -1;
        }
        argument[1] = (long)shortened((size_t)argument[1]);
    }
    if(!known)
        known = dlsym(RTLD_NEXT, "syscall");
    return ((long (*)(long, ...))known)(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

/* --- memory */

/*
 * The blocks that libwscurl has allocated. Who frees one does not matter: a destructor of a thread that ends by calling free() looks like
 * the C library's call, and blocks may be handed over. A hash table with linear probing, whose room is fixed, as it must not allocate.
 */
enum { ROOM = 1 << 16 };

static void *owned[ROOM];
static long blocks;
static pthread_mutex_t owned_lock = PTHREAD_MUTEX_INITIALIZER;

static size_t home_of(const void *block)
{
    return (size_t)(((uintptr_t)block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 48) % ROOM;
}

/* Where the block is, or where it belongs. */
static size_t place_of(const void *block)
{
    size_t place = home_of(block);
    while(owned[place] && owned[place] != block)
        place = (place + 1) % ROOM;
    return place;
}

static long count_blocks(void)
{
    pthread_mutex_lock(&owned_lock);
    long count = blocks;
    pthread_mutex_unlock(&owned_lock);
    return count;
}

static void *own(void *block)
{
    if(!block)
        return NULL;
    pthread_mutex_lock(&owned_lock);
    if(++blocks > ROOM / 2) {
        static const char text[] = "interpose.c: more blocks than there is room for\n";
        syscall(SYS_write, 2, text, sizeof(text) - 1);
        _exit(2);
    }
    owned[place_of(block)] = block;
    pthread_mutex_unlock(&owned_lock);
    return block;
}

/* Whether the block was libwscurl's. To be called before it is free: then another thread may have it. */
static int disown(const void *block)
{
    pthread_mutex_lock(&owned_lock);
    size_t hole = place_of(block);
    int found = block && owned[hole];
    if(found) {
        blocks--;
        owned[hole] = NULL;
        /* What follows without a gap may have been pushed away from the hole: it must be found without it. */
        for(size_t i = (hole + 1) % ROOM; owned[i]; i = (i + 1) % ROOM) {
            void *moved = owned[i];
            owned[i] = NULL;
            owned[place_of(moved)] = moved;
        }
    }
    pthread_mutex_unlock(&owned_lock);
    return found;
}

void *malloc(size_t size)
{
    int ours = OURS;
    if(ours && goes_wrong(CALL_malloc))
        return NULL;
    void *block = __libc_malloc(size);
    return ours ? own(block) : block;
}

void *calloc(size_t count, size_t size)
{
    int ours = OURS;
    if(ours && goes_wrong(CALL_calloc))
        return NULL;
    void *block = __libc_calloc(count, size);
    return ours ? own(block) : block;
}

void *realloc(void *block, size_t size)
{
    int ours = OURS;
    if(ours && goes_wrong(CALL_realloc))
        return NULL;
    int was_ours = disown(block);
    void *moved = __libc_realloc(block, size);
    if(!moved && size) {
        if(was_ours)
            own(block);
        return NULL;
    }
    return ours ? own(moved) : moved;
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    int ours = OURS;
    if(ours && goes_wrong(CALL_posix_memalign))
        return ENOMEM;
    *block = __libc_memalign(alignment, size);
    if(ours)
        own(*block);
    return *block ? 0 : ENOMEM;
}

void free(void *block)
{
    disown(block);
    __libc_free(block);
}
