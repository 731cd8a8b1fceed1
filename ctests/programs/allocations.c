/*
 * Exchanges messages with an echo server and counts the allocations of the whole process: malloc and its relatives are defined here.
 * Usage: allocations URL WAY SIZE [CAINFO [compress]]
 * Prints "CODE ALLOCATIONS", those of 1,000 messages after 200 others.
 */
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef WSCURL_VERSION_NUM /* it uses whole messages and compression, which libcurl does not have */

#define WARM_UP 200
#define COUNTED 1000

/* --- the allocator */

#include "allocator.h"

static volatile int counting;
static volatile unsigned long allocations;

static void taken(void *memory)
{
    (void)memory;
    if(counting)
        allocations++;
}

static void given_back(void *memory)
{
    (void)memory;
}

/* --- what is sent */

static CURL *curl;
static CURLM *multi;
static char *message;
static char *received;
static size_t size;
static size_t messages;

/* A message is there: counts from the end of the warm-up on. Returns whether it was the last one. */
static int is_last(void)
{
    messages++;
    counting = messages >= WARM_UP && messages < WARM_UP + COUNTED;
    return messages == WARM_UP + COUNTED;
}

/* --- CONNECT_ONLY */

static void wait_for(short events)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    struct pollfd poll_fd;
    curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd);
    poll_fd.fd = fd;
    poll_fd.events = events;
    poll(&poll_fd, 1, 5000);
}

static CURLcode send_piece(const char *data, size_t length, curl_off_t fragsize, unsigned int flags)
{
    size_t sent = 0;
    CURLcode code = CURLE_OK;
    while(!code && length) {
        code = curl_ws_send(curl, data, length, &sent, fragsize, flags);
        data += sent;
        length -= sent;
        fragsize = 0;
        if(code == CURLE_AGAIN) {
            wait_for(POLLOUT);
            code = CURLE_OK;
        }
    }
    return code;
}

static CURLcode receive(void)
{
    size_t got = 0, n;
    const struct curl_ws_frame *meta;
    CURLcode code = CURLE_OK;
    while(!code) {
        code = curl_ws_recv(curl, received, size, &n, &meta);
        if(code == CURLE_AGAIN) {
            wait_for(POLLIN);
            code = CURLE_OK;
        }
        else if(!code) {
            got += n;
            if(!meta->bytesleft && !(meta->flags & CURLWS_CONT))
                return got == size ? CURLE_OK : CURLE_RECV_ERROR;
        }
    }
    return code;
}

static CURLcode by_send(void)
{
    CURLcode code = send_piece(message, size, 0, CURLWS_BINARY);
    return code ? code : receive();
}

static CURLcode by_pieces(void)
{
    CURLcode code = send_piece(message, size / 2, (curl_off_t)size, CURLWS_BINARY | CURLWS_OFFSET);
    if(!code)
        code = send_piece(message + size / 2, size - size / 2, 0, CURLWS_BINARY | CURLWS_OFFSET);
    return code ? code : receive();
}

static CURLcode by_fragments(void)
{
    CURLcode code = send_piece(message, size / 2, 0, CURLWS_BINARY | CURLWS_CONT);
    if(!code)
        code = send_piece(message + size / 2, size - size / 2, 0, CURLWS_BINARY);
    return code ? code : receive();
}

static CURLcode by_start_frame(void)
{
    CURLcode code = curl_ws_start_frame(curl, CURLWS_BINARY, (curl_off_t)size);
    if(!code)
        code = send_piece(message, size, 0, CURLWS_BINARY);
    return code ? code : receive();
}

static CURLcode by_message(void)
{
    const void *data;
    size_t length;
    CURLcode code = curl_ws_send_message(curl, message, size, CURLWS_BINARY, 5000);
    if(!code)
        code = curl_ws_recv_message(curl, &data, &length, NULL, 5000);
    return code || length == size ? code : CURLE_RECV_ERROR;
}

static CURLcode connect_only(CURLcode (*exchange)(void))
{
    CURLcode code = curl_easy_perform(curl);
    while(!code) {
        code = exchange();
        if(is_last())
            break;
    }
    return code;
}

/* --- callbacks */

static size_t write_answers(char *data, size_t item, size_t n, void *unused)
{
    const struct curl_ws_frame *meta = curl_ws_meta(curl);
    size_t sent;
    (void)data;
    (void)unused;
    if(meta->bytesleft || meta->flags & CURLWS_CONT)
        return item * n;
    if(is_last() || curl_ws_send(curl, message, size, &sent, 0, CURLWS_BINARY) || sent != size)
        return CURL_WRITEFUNC_ERROR;
    return item * n;
}

static int open_sends(CURL *easy, void *unused)
{
    size_t sent;
    (void)unused;
    return curl_ws_send(easy, message, size, &sent, 0, CURLWS_BINARY) || sent != size;
}

/* An upload: the read function starts a frame for each message that was echoed. */
static size_t uploaded;
static int due = 1;

static size_t read_message(char *buffer, size_t item, size_t n, void *unused)
{
    size_t length = item * n;
    (void)unused;
    if(due) {
        due = 0;
        uploaded = 0;
        if(curl_ws_start_frame(curl, CURLWS_BINARY, (curl_off_t)size))
            return CURL_READFUNC_ABORT;
    }
    if(uploaded == size)
        return CURL_READFUNC_PAUSE;
    if(length > size - uploaded)
        length = size - uploaded;
    memcpy(buffer, message + uploaded, length);
    uploaded += length;
    return length;
}

static size_t write_uploads(char *data, size_t item, size_t n, void *unused)
{
    const struct curl_ws_frame *meta = curl_ws_meta(curl);
    (void)data;
    (void)unused;
    if(meta->bytesleft || meta->flags & CURLWS_CONT)
        return item * n;
    if(is_last())
        return CURL_WRITEFUNC_ERROR;
    due = 1;
    curl_easy_pause(curl, CURLPAUSE_CONT);
    return item * n;
}

/* --- how callbacks are driven */

static CURLcode result(void)
{
    int left;
    const CURLMsg *msg = curl_multi_info_read(multi, &left);
    return msg ? msg->data.result : CURLE_FAILED_INIT;
}

static CURLcode by_perform(void)
{
    int running = 1;
    curl_multi_add_handle(multi, curl);
    while(running && !curl_multi_perform(multi, &running))
        curl_multi_poll(multi, NULL, 0, 5000, NULL);
    return result();
}

static struct pollfd watched;
static long timeout = -1;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *unused, void *of_socket)
{
    (void)easy;
    (void)unused;
    (void)of_socket;
    watched.fd = what == CURL_POLL_REMOVE ? -1 : fd;
    watched.events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
    return 0;
}

static int on_timer(CURLM *unused, long timeout_ms, void *also_unused)
{
    (void)unused;
    (void)also_unused;
    timeout = timeout_ms;
    return 0;
}

static CURLcode by_socket_action(void)
{
    int running = 1;
    watched.fd = -1;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_add_handle(multi, curl);
    while(running) {
        int ready = poll(&watched, 1, timeout < 0 || timeout > 5000 ? 5000 : (int)timeout);
        if(ready > 0)
            curl_multi_socket_action(multi, watched.fd, (watched.revents & POLLOUT ? CURL_CSELECT_OUT : 0) | (watched.revents & ~POLLOUT ? CURL_CSELECT_IN : 0), &running);
        else
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    return result();
}

static CURLcode callbacks(CURLcode (*drive)(void))
{
    CURLcode code;
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 0L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write_answers);
    curl_easy_setopt(curl, CURLOPT_WS_OPENFUNCTION, open_sends);
    code = drive();
    return code == CURLE_WRITE_ERROR && messages == WARM_UP + COUNTED ? CURLE_OK : code;
}

static CURLcode upload(void)
{
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write_uploads);
    curl_easy_setopt(curl, CURLOPT_WS_OPENFUNCTION, NULL);
    return curl_easy_perform(curl);
}

static CURLcode easy_perform(void)
{
    return curl_easy_perform(curl);
}

static const struct {
    const char *name;
    CURLcode (*run)(CURLcode (*)(void));
    CURLcode (*step)(void);
} WAYS[] = {
    { "send", connect_only, by_send },
    { "pieces", connect_only, by_pieces },
    { "fragments", connect_only, by_fragments },
    { "start_frame", connect_only, by_start_frame },
    { "message", connect_only, by_message },
    { "callbacks", callbacks, easy_perform },
    { "upload", callbacks, upload },
    { "multi_perform", callbacks, by_perform },
    { "socket_action", callbacks, by_socket_action },
};

int main(int argc, char **argv)
{
    CURLcode code = CURLE_FAILED_INIT;
    size_t i;
    if(argc < 4)
        return 2;
    size = strtoul(argv[3], NULL, 10);
    message = malloc(size);
    received = malloc(size);
    for(i = 0; i < size; i++)
        message[i] = "What is said three times is true. "[i % 33];
    curl = curl_easy_init();
    multi = curl_multi_init();
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    curl_easy_setopt(curl, CURLOPT_CAINFO, argc > 4 && *argv[4] ? argv[4] : NULL);
    if(argc > 5)
        curl_easy_setopt(curl, CURLOPT_WS_OPTIONS, CURLWS_COMPRESS);
    for(i = 0; i < sizeof(WAYS) / sizeof(*WAYS); i++)
        if(!strcmp(WAYS[i].name, argv[2]))
            code = WAYS[i].run(WAYS[i].step);
    counting = 0;
    printf("%d %lu\n", (int)code, allocations);
    curl_multi_remove_handle(multi, curl);
    curl_easy_cleanup(curl);
    curl_multi_cleanup(multi);
    free(message);
    free(received);
    return code != CURLE_OK;
}

#else

int main(void)
{
    return 0;
}

#endif
