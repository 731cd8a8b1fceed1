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

static int act(curl_socket_t fd, int what)
{
    int running;
    curl_multi_socket_action(multi, fd, what, &running);
    read_messages();
    return running;
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
            running = act(CURL_SOCKET_TIMEOUT, 0);
        }
        for(i = 0; i < ready; i++) {
            int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            running = act(events[i].data.fd, what);
        }
    }
}

/* --- libevent and libuv, where they are installed */

#define CHECK(condition) wrong += !(condition)

#if __has_include(<event2/event.h>)
#include "../multi/libevent.h"
#else
static void set_up_libevent(void)
{
}
static void run_libevent(void)
{
}
#endif

#if __has_include(<uv.h>)
#include "../multi/libuv.h"
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
