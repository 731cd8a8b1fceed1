/* The driver's commands for the multi interface. */
#include "driver_multi.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_WATCHED 64

static CURLM *multi;

/* What the socket and the timer callback were told. */
static struct pollfd watched[MAX_WATCHED];
static int watched_count;
static long long timer_due = -1;
static bool assign_on_remove;

static void print_multi_code(const char *name, CURLMcode code)
{
    begin_result(name);
    printf(" code=%d", (int)code);
}

static int find_watched(curl_socket_t fd)
{
    int i = 0;
    while(i < watched_count && watched[i].fd != fd)
        i++;
    return i;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *fd_data)
{
    static const char *const names[] = { "none", "in", "out", "inout", "remove" };
    int place = find_watched(fd);
    (void)easy;
    (void)data;
    printf("! socket what=%s data=%d", names[what], fd_data != NULL);
    if(what == CURL_POLL_REMOVE) {
        if(assign_on_remove)
            printf(" assign=%d", (int)curl_multi_assign(multi, fd, NULL));
        if(place < watched_count)
            watched[place] = watched[--watched_count];
    }
    else if(place < MAX_WATCHED) {
        if(place == watched_count) {
            watched[watched_count++].fd = fd;
            curl_multi_assign(multi, fd, watched);
        }
        watched[place].events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
    }
    putchar('\n');
    return 0;
}

static int on_timer(CURLM *handle, long ms, void *data)
{
    (void)handle;
    (void)data;
    printf("! timer when=%s\n", ms < 0 ? "never" : ms == 0 ? "now" : "later");
    timer_due = ms < 0 ? -1 : now_ms() + ms;
    return 0;
}

/* multi_init [callbacks=1] [assign=remove]: with a socket and a timer callback; with curl_multi_assign in CURL_POLL_REMOVE */
static void init_command(const struct call *call)
{
    multi = curl_multi_init();
    watched_count = 0;
    timer_due = -1;
    assign_on_remove = option_word(call->words, "assign") != NULL;
    if(number_option(call->words, "callbacks", 0)) {
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    }
    begin_result("multi_init");
    printf(" ok=%d", multi != NULL);
}

static void add_command(const struct call *call)
{
    CURLMcode code = curl_multi_add_handle(multi, call->curl);
    print_multi_code("multi_add", code);
}

static void remove_command(const struct call *call)
{
    CURLMcode code = curl_multi_remove_handle(multi, call->curl);
    print_multi_code("multi_remove", code);
}

static void cleanup_command(const struct call *call)
{
    CURLMcode code = curl_multi_cleanup(multi);
    (void)call;
    multi = NULL;
    print_multi_code("multi_cleanup", code);
}

static void perform_command(const struct call *call)
{
    int running = -1;
    CURLMcode code = curl_multi_perform(multi, &running);
    (void)call;
    print_multi_code("multi_perform", code);
    printf(" running=%d", running);
}

/* An end of a pipe whose other end is closed. */
static int broken_pipe(bool to_read)
{
    int ends[2];
    if(pipe(ends))
        abort();
    close(ends[to_read ? 1 : 0]);
    return ends[to_read ? 0 : 1];
}

/* multi_poll MS [broken=read|write]: also for such an end of a broken pipe */
static void poll_command(const struct call *call)
{
    const char *broken = option_word(call->words, "broken");
    bool to_read = broken && !strcmp(broken, "read");
    struct curl_waitfd extra = { -1, to_read ? CURL_WAIT_POLLIN : CURL_WAIT_POLLOUT, 0 };
    int ready = -1;
    long long began = now_ms();
    if(broken)
        extra.fd = broken_pipe(to_read);
    CURLMcode code = curl_multi_poll(multi, broken ? &extra : NULL, broken != NULL, (int)atol(call->words->at[1].text), &ready);
    print_multi_code("multi_poll", code);
    printf(" ready=%d ms=%lld", ready, now_ms() - began);
    if(broken) {
        printf(" revents=%d", extra.revents & extra.events);
        close(extra.fd);
    }
}

static void wakeup_command(const struct call *call)
{
    CURLMcode code = curl_multi_wakeup(multi);
    (void)call;
    print_multi_code("multi_wakeup", code);
}

static void timeout_command(const struct call *call)
{
    long ms = -2;
    CURLMcode code = curl_multi_timeout(multi, &ms);
    (void)call;
    print_multi_code("multi_timeout", code);
    printf(" ms=%ld", ms);
}

static int slot_of(const CURL *curl)
{
    int i = 0;
    while(i < MAX_SLOTS && slots[i].curl != curl)
        i++;
    return i;
}

/* The next transfer that is done, NULL for none. */
static const CURLMsg *next_message(void)
{
    int left;
    return curl_multi_info_read(multi, &left);
}

/* Waits as an event loop would that knows only what the callbacks were told, and acts on it. */
static CURLMcode turn_by_callbacks(long limit_ms, int *running)
{
    struct pollfd fds[MAX_WATCHED];
    int count = watched_count, wait = (int)limit_ms;
    CURLMcode code = CURLM_OK;
    memcpy(fds, watched, sizeof(fds));
    if(timer_due >= 0 && timer_due - now_ms() < wait)
        wait = timer_due > now_ms() ? (int)(timer_due - now_ms()) : 0;
    fflush(stdout);
    poll(fds, (nfds_t)count, wait);
    for(int i = 0; i < count && !code; i++) {
        if(fds[i].revents && find_watched(fds[i].fd) < watched_count)
            code = curl_multi_socket_action(multi, fds[i].fd, 0, running);
    }
    if(!code && timer_due >= 0 && now_ms() >= timer_due) {
        timer_due = -1;
        code = curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, running);
    }
    return code;
}

static CURLMcode turn_by_poll(long limit_ms, int *running)
{
    CURLMcode code = curl_multi_poll(multi, NULL, 0, (int)limit_ms, NULL);
    return code ? code : curl_multi_perform(multi, running);
}

static bool is_open(CURL *curl)
{
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status == 101;
}

/*
 * multi_drive MS [by=callbacks] [step=MS] [until=open]: drives until a transfer is done, the handle's connection is open or the time is over,
 * waiting at most `step` at once. Without `by` with curl_multi_poll and curl_multi_perform.
 */
static void drive_command(const struct call *call)
{
    long long began = now_ms(), until = began + atol(call->words->at[1].text);
    bool by_callbacks = option_word(call->words, "by") != NULL, until_open = option_word(call->words, "until") != NULL;
    long step = number_option(call->words, "step", 20);
    int running = -1, turns = 0;
    const CURLMsg *message = NULL;
    CURLMcode code = by_callbacks ? CURLM_OK : curl_multi_perform(multi, &running);
    for(; !code && !(message = next_message()) && !(until_open && is_open(call->curl)) && now_ms() < until; turns++)
        code = (by_callbacks ? turn_by_callbacks : turn_by_poll)(step, &running);
    print_multi_code("multi_drive", code);
    printf(" running=%d turns=%d ms=%lld", running, turns, now_ms() - began);
    if(message) {
        int slot = slot_of(message->easy_handle);
        printf(" done=%d result=%d", slot, (int)message->data.result);
        if(slot < MAX_SLOTS)
            print_error(&slots[slot]);
    }
}

const struct command multi_commands[] = {
    { "multi_init", 0, init_command },
    { "multi_add", 0, add_command },
    { "multi_remove", 0, remove_command },
    { "multi_cleanup", 0, cleanup_command },
    { "multi_perform", 0, perform_command },
    { "multi_poll", 1, poll_command },
    { "multi_wakeup", 0, wakeup_command },
    { "multi_timeout", 0, timeout_command },
    { "multi_drive", 1, drive_command },
    { NULL, 0, NULL },
};
