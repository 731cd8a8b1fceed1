/* One multi handle with transfers of several protocols at the same time, under one of the loops.
   Usage: many poll|wait|select|epoll|libevent|libuv CA-FILE URL...
   Prints a line for each URL, in the order of the arguments: code, response code, bytes; and what was wrong with any handle
   that a callback was given. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#define MAX_TRANSFERS 64

struct transfer {
    CURL *curl;
    const char *url;
    long bytes;
    int code;
};

static struct transfer transfers[MAX_TRANSFERS];
static int count, wrong, done;
static CURLM *multi;

static int is_known(CURL *curl)
{
    int i;
    for(i = 0; i < count; i++)
        if(transfers[i].curl == curl)
            return 1;
    return 0;
}

static size_t write_data(char *data, size_t size, size_t items, void *user)
{
    (void)data;
    ((struct transfer *)user)->bytes += (long)(size * items);
    return size * items;
}

static int debug(CURL *curl, curl_infotype type, char *data, size_t size, void *user)
{
    (void)type;
    (void)data;
    (void)size;
    if(curl != ((struct transfer *)user)->curl)
        wrong++;
    return 0;
}

/* --- epoll */

static int epoll = -1;
static long long deadline = -1;

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static int set_timer(CURLM *which, long timeout_ms, void *user)
{
    (void)user;
    if(which != multi)
        wrong++;
    deadline = timeout_ms < 0 ? -1 : now() + timeout_ms;
    return 0;
}

static int watch(CURL *curl, curl_socket_t fd, int what, void *user, void *socket)
{
    struct epoll_event event;
    char *private = NULL;
    (void)user;
    memset(&event, 0, sizeof(event));
    event.data.fd = fd;
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    if(is_known(curl)) {
        curl_easy_getinfo(curl, CURLINFO_PRIVATE, &private);
        if(!private || ((struct transfer *)(void *)private)->curl != curl)
            wrong++;
    }
    else
        curl_easy_getinfo(curl, CURLINFO_PRIVATE, &private);
    if(what == CURL_POLL_REMOVE) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event);
        return 0;
    }
    if(!socket) {
        if(curl_multi_assign(multi, fd, &epoll) != CURLM_OK)
            wrong++;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
    else if(socket != &epoll)
        wrong++;
    else
        epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
    return 0;
}

static void read_messages(void)
{
    CURLMsg *message;
    int left, i;
    while((message = curl_multi_info_read(multi, &left)))
        for(i = 0; i < count; i++)
            if(transfers[i].curl == message->easy_handle) {
                transfers[i].code = (int)message->data.result;
                done++;
            }
}

static void act(curl_socket_t fd, int what, int *running)
{
    curl_multi_socket_action(multi, fd, what, running);
    read_messages();
}

static void run_epoll(void)
{
    int running = 1, i, ready;
    struct epoll_event events[16];
    while(running) {
        long long wait = deadline < 0 ? 10000 : deadline - now();
        ready = epoll_wait(epoll, events, 16, wait < 0 ? 0 : (int)wait);
        if(ready == 0) {
            if(deadline < 0) {
                puts("stalled");
                return;
            }
            deadline = -1;
            act(CURL_SOCKET_TIMEOUT, 0, &running);
        }
        for(i = 0; i < ready; i++) {
            int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            act(events[i].data.fd, what, &running);
        }
    }
}

/* --- libevent */

#if __has_include(<event2/event.h>)
#include <event2/event.h>

static struct event_base *base;
static struct event *timer;

static void libevent_act(evutil_socket_t fd, int what)
{
    int running;
    act((curl_socket_t)fd, what, &running);
    if(!running)
        event_base_loopbreak(base);
}

static void libevent_ready(evutil_socket_t fd, short what, void *user)
{
    (void)user;
    libevent_act(fd, (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void libevent_timeout(evutil_socket_t fd, short what, void *user)
{
    (void)fd;
    (void)what;
    (void)user;
    libevent_act(CURL_SOCKET_TIMEOUT, 0);
}

static int libevent_watch(CURL *curl, curl_socket_t fd, int what, void *user, void *socket)
{
    struct event *event = socket;
    short wanted = (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
    (void)curl;
    (void)user;
    if(event)
        event_free(event);
    if(what == CURL_POLL_REMOVE)
        return 0;
    event = event_new(base, fd, wanted, libevent_ready, NULL);
    event_add(event, NULL);
    if(curl_multi_assign(multi, fd, event) != CURLM_OK)
        wrong++;
    return 0;
}

static int libevent_set_timer(CURLM *which, long timeout_ms, void *user)
{
    struct timeval time = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
    (void)user;
    if(which != multi)
        wrong++;
    if(timeout_ms < 0)
        evtimer_del(timer);
    else
        evtimer_add(timer, &time);
    return 0;
}

static void set_up_libevent(void)
{
    base = event_base_new();
    timer = evtimer_new(base, libevent_timeout, NULL);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, libevent_watch);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, libevent_set_timer);
}

static void run_libevent(void)
{
    event_base_dispatch(base);
}
#else
static void set_up_libevent(void)
{
}
static void run_libevent(void)
{
}
#endif

/* --- libuv */

#if __has_include(<uv.h>)
#include <uv.h>

static uv_timer_t uv_timer;

static void uv_act(curl_socket_t fd, int what)
{
    int running;
    act(fd, what, &running);
    if(!running)
        uv_stop(uv_default_loop());
}

static void uv_ready(uv_poll_t *handle, int status, int events)
{
    uv_os_fd_t fd = -1;
    uv_fileno((uv_handle_t *)handle, &fd);
    uv_act(fd, (status < 0 ? CURL_CSELECT_ERR : 0) | (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
                   (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0));
}

static void uv_timeout(uv_timer_t *handle)
{
    (void)handle;
    uv_act(CURL_SOCKET_TIMEOUT, 0);
}

static void uv_closed(uv_handle_t *handle)
{
    free(handle);
}

static int uv_watch(CURL *curl, curl_socket_t fd, int what, void *user, void *socket)
{
    uv_poll_t *handle = socket;
    (void)curl;
    (void)user;
    if(what == CURL_POLL_REMOVE) {
        uv_poll_stop(handle);
        uv_close((uv_handle_t *)handle, uv_closed);
        return 0;
    }
    if(!handle) {
        handle = malloc(sizeof(*handle));
        uv_poll_init(uv_default_loop(), handle, fd);
        if(curl_multi_assign(multi, fd, handle) != CURLM_OK)
            wrong++;
    }
    uv_poll_start(handle, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0), uv_ready);
    return 0;
}

static int uv_set_timer(CURLM *which, long timeout_ms, void *user)
{
    (void)user;
    if(which != multi)
        wrong++;
    if(timeout_ms < 0)
        uv_timer_stop(&uv_timer);
    else
        uv_timer_start(&uv_timer, uv_timeout, (uint64_t)timeout_ms, 0);
    return 0;
}

static void set_up_libuv(void)
{
    uv_timer_init(uv_default_loop(), &uv_timer);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, uv_watch);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, uv_set_timer);
}

static void run_libuv(void)
{
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
#else
static void set_up_libuv(void)
{
}
static void run_libuv(void)
{
}
#endif

/* --- the other loops */

static void run_select(void)
{
    int running = 1, max;
    while(curl_multi_perform(multi, &running) == CURLM_OK && running) {
        fd_set in, out, err;
        struct timeval time;
        long timeout;
        FD_ZERO(&in);
        FD_ZERO(&out);
        FD_ZERO(&err);
        curl_multi_timeout(multi, &timeout);
        curl_multi_fdset(multi, &in, &out, &err, &max);
        if(timeout < 0 || timeout > 1000)
            timeout = 1000;
        if(max < 0 && timeout > 100)
            timeout = 100;
        time.tv_sec = timeout / 1000;
        time.tv_usec = timeout % 1000 * 1000;
        select(max + 1, &in, &out, &err, &time);
        read_messages();
    }
    read_messages();
}

static void run_poll(int is_wait)
{
    int running = 1, ready;
    while(curl_multi_perform(multi, &running) == CURLM_OK && running) {
        if(is_wait)
            curl_multi_wait(multi, NULL, 0, 1000, &ready);
        else
            curl_multi_poll(multi, NULL, 0, 1000, &ready);
        read_messages();
    }
    read_messages();
}

int main(int argc, char **argv)
{
    const char *loop;
    int i;
    if(argc < 4)
        return 2;
    loop = argv[1];
    curl_global_init(CURL_GLOBAL_ALL);
    multi = curl_multi_init();
    if(!strcmp(loop, "epoll")) {
        epoll = epoll_create1(0);
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    }
    else if(!strcmp(loop, "libevent"))
        set_up_libevent();
    else if(!strcmp(loop, "libuv"))
        set_up_libuv();
    for(i = 3; i < argc && count < MAX_TRANSFERS; i++) {
        struct transfer *one = &transfers[count++];
        one->url = argv[i];
        one->code = -1;
        one->curl = curl_easy_init();
        curl_easy_setopt(one->curl, CURLOPT_CAINFO, argv[2]);
        curl_easy_setopt(one->curl, CURLOPT_WRITEFUNCTION, write_data);
        curl_easy_setopt(one->curl, CURLOPT_WRITEDATA, one);
        curl_easy_setopt(one->curl, CURLOPT_PRIVATE, one);
        curl_easy_setopt(one->curl, CURLOPT_VERBOSE, 1L);
        curl_easy_setopt(one->curl, CURLOPT_DEBUGFUNCTION, debug);
        curl_easy_setopt(one->curl, CURLOPT_DEBUGDATA, one);
        curl_easy_setopt(one->curl, CURLOPT_NOPROXY, "*");
        /* Every other one gets its URL when it is a member already. */
        curl_easy_setopt(one->curl, CURLOPT_URL, i % 2 ? one->url : "http://127.0.0.1:1/");
        if(curl_multi_add_handle(multi, one->curl) != CURLM_OK)
            wrong++;
        curl_easy_setopt(one->curl, CURLOPT_URL, one->url);
    }
    if(!strcmp(loop, "epoll"))
        run_epoll();
    else if(!strcmp(loop, "select"))
        run_select();
    else if(!strcmp(loop, "libevent"))
        run_libevent();
    else if(!strcmp(loop, "libuv"))
        run_libuv();
    else
        run_poll(!strcmp(loop, "wait"));
    for(i = 0; i < count; i++) {
        char *url = NULL;
        long response = -1;
        curl_easy_getinfo(transfers[i].curl, CURLINFO_RESPONSE_CODE, &response);
        curl_easy_getinfo(transfers[i].curl, CURLINFO_EFFECTIVE_URL, &url);
        printf("%d %ld %ld %s\n", transfers[i].code, response, transfers[i].bytes, url ? url : "-");
        if(i % 2)
            curl_multi_remove_handle(multi, transfers[i].curl);
    }
    for(i = 0; i < count; i++)
        if(i % 3)
            curl_easy_cleanup(transfers[i].curl);
    if(curl_multi_cleanup(multi) != CURLM_OK)
        wrong++;
    for(i = 0; i < count; i += 3)
        curl_easy_cleanup(transfers[i].curl);
    printf("%d done, %d wrong\n", done, wrong);
    curl_global_cleanup();
    return wrong != 0;
}
