/* The driver's commands for the WebSocket calls. */
#include "driver_ws.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_BUFFER 65536

static bool is_null(const struct words *words, const char *key)
{
    const char *value = option_word(words, key);
    return value && !strcmp(value, "null");
}

/* ws_send FLAGS DATA [frag=N] [sent=null] [buf=null] */
static void send_command(const struct call *call)
{
    unsigned int flags = parse_flags(call->words->at[1].text);
    struct blob data = parse_data(&call->words->at[2]);
    size_t sent = 0;
    bool no_sent = is_null(call->words, "sent");
    CURLcode code = curl_ws_send(call->curl, is_null(call->words, "buf") ? NULL : data.bytes, data.len, no_sent ? NULL : &sent,
                                 (curl_off_t)number_option(call->words, "frag", 0), flags);
    print_code("ws_send", code);
    if(!no_sent)
        printf(" sent=%zu", sent);
    if(code)
        print_error(call->slot);
    free(data.bytes);
}

/*
 * Sends from `at` on until all is taken, an error comes or the time is over. The first call of an OFFSET frame is told `fragsize`.
 */
static CURLcode send_all(CURL *curl, struct blob data, size_t *at, curl_off_t fragsize, unsigned int flags, long timeout_ms, long *again)
{
    long long until = now_ms() + timeout_ms;
    CURLcode code;
    do {
        size_t sent = 0;
        code = curl_ws_send(curl, data.bytes + *at, data.len - *at, &sent, fragsize, flags);
        *at += sent;
        if(sent)
            fragsize = 0;
        if(code == CURLE_AGAIN) {
            ++*again;
            if(now_ms() >= until)
                break;
            wait_socket(curl, POLLOUT, (long)(until - now_ms()));
        }
    } while(code == CURLE_AGAIN || (!code && *at < data.len));
    return code;
}

/* ws_send_all FLAGS DATA [wait=MS] [frag=N] [chunk=N] [from=N]: `chunk` gives the data in pieces of that size, each one call. */
static void send_all_command(const struct call *call)
{
    struct blob data = parse_data(&call->words->at[2]);
    unsigned int flags = parse_flags(call->words->at[1].text);
    long timeout = number_option(call->words, "wait", 5000), again = 0;
    size_t chunk = (size_t)number_option(call->words, "chunk", 0), done = (size_t)number_option(call->words, "from", 0);
    curl_off_t fragsize = (curl_off_t)number_option(call->words, "frag", 0);
    CURLcode code;
    do {
        struct blob part = { data.bytes, data.len };
        if(chunk && done + chunk < data.len)
            part.len = done + chunk;
        code = send_all(call->curl, part, &done, fragsize, flags, timeout, &again);
        fragsize = 0;
    } while(!code && done < data.len);
    print_code("ws_send_all", code);
    printf(" sent=%zu again=%d", done, again > 0);
    if(code)
        print_error(call->slot);
    free(data.bytes);
}

static CURLcode recv_waiting(CURL *curl, void *buffer, size_t size, size_t *n, const struct curl_ws_frame **meta, long long until)
{
    CURLcode code = curl_ws_recv(curl, buffer, size, n, meta);
    while(code == CURLE_AGAIN && now_ms() < until) {
        wait_socket(curl, POLLIN, (long)(until - now_ms()));
        code = curl_ws_recv(curl, buffer, size, n, meta);
    }
    return code;
}

/* ws_recv SIZE [wait=MS] [buf=null] [n=null] [meta=null] */
static void recv_command(const struct call *call)
{
    static const struct curl_ws_frame poison;
    size_t size = (size_t)atol(call->words->at[1].text), n = 99;
    const struct curl_ws_frame *meta = &poison;
    char *buffer = is_null(call->words, "buf") ? NULL : malloc(size ? size : 1);
    CURLcode code = recv_waiting(call->curl, buffer, size, is_null(call->words, "n") ? NULL : &n, is_null(call->words, "meta") ? NULL : &meta,
                                 now_ms() + number_option(call->words, "wait", 0));
    print_code("ws_recv", code);
    printf(" n=%zu", n);
    print_meta(meta);
    if(!code && n)
        print_data(buffer, n);
    if(code)
        print_error(call->slot);
    free(buffer);
}

struct received {
    struct blob data;
    int flags;
    long pieces;
};

static void append(struct blob *blob, const void *data, size_t len)
{
    unsigned char *grown = realloc(blob->bytes, blob->len + len + 1);
    if(!grown)
        abort();
    if(len)
        memcpy(grown + blob->len, data, len);
    blob->bytes = grown;
    blob->len += len;
}

/* One whole frame, joined from its pieces. */
static CURLcode recv_frame(CURL *curl, struct received *frame, long timeout_ms)
{
    static char buffer[FRAME_BUFFER];
    long long until = now_ms() + timeout_ms;
    const struct curl_ws_frame *meta;
    CURLcode code;
    size_t n;
    do {
        code = recv_waiting(curl, buffer, sizeof(buffer), &n, &meta, until);
        if(code)
            return code;
        append(&frame->data, buffer, n);
        frame->flags = meta->flags;
        frame->pieces++;
    } while(meta->bytesleft);
    return code;
}

/* frame [wait=MS] */
static void frame_command(const struct call *call)
{
    struct received frame = { { NULL, 0 }, 0, 0 };
    CURLcode code = recv_frame(call->curl, &frame, number_option(call->words, "wait", 5000));
    print_code("frame", code);
    if(code)
        print_error(call->slot);
    if(!code || frame.pieces) {
        printf(" flags=");
        print_flags(frame.flags);
        printf(" n=%zu", frame.data.len);
        print_data(frame.data.bytes, frame.data.len);
    }
    free(frame.data.bytes);
}

/* drain [wait=MS]: whole frames until anything but a frame comes */
static void drain_command(const struct call *call)
{
    long timeout = number_option(call->words, "wait", 5000), frames = 0;
    unsigned long long bytes = 0;
    uint32_t crc = 0;
    CURLcode code;
    do {
        struct received frame = { { NULL, 0 }, 0, 0 };
        code = recv_frame(call->curl, &frame, timeout);
        frames += !code;
        bytes += frame.data.len;
        crc = crc32_of(crc, frame.data.bytes, frame.data.len);
        free(frame.data.bytes);
    } while(!code);
    print_code("drain", code);
    printf(" frames=%ld bytes=%llu crc=%08x", frames, bytes, (unsigned int)crc);
    print_error(call->slot);
}

/* echo COUNT FLAGS DATA [wait=MS]: sends and expects the same back, COUNT times */
static void echo_command(const struct call *call)
{
    long count = atol(call->words->at[1].text), timeout = number_option(call->words, "wait", 10000), done = 0, again = 0;
    unsigned int flags = parse_flags(call->words->at[2].text);
    struct blob data = parse_data(&call->words->at[3]);
    CURLcode code = CURLE_OK;
    bool same = true;
    for(; done < count && !code && same; done++) {
        struct received frame = { { NULL, 0 }, 0, 0 };
        size_t at = 0;
        code = send_all(call->curl, data, &at, 0, flags, timeout, &again);
        if(!code)
            code = recv_frame(call->curl, &frame, timeout);
        same = code || (frame.data.len == data.len && !memcmp(frame.data.bytes, data.bytes, data.len) && frame.flags == (int)flags);
        free(frame.data.bytes);
    }
    print_code("echo", code);
    printf(" done=%ld same=%d", done, same);
    if(code)
        print_error(call->slot);
    free(data.bytes);
}

/*
 * transfer FLAGS DATA [wait=MS]: sends a message while it reads its echo, as a program must that sends more than the buffers on the way hold.
 */
static void transfer_command(const struct call *call)
{
    static char buffer[FRAME_BUFFER];
    unsigned int flags = parse_flags(call->words->at[1].text);
    struct blob data = parse_data(&call->words->at[2]);
    long long until = now_ms() + number_option(call->words, "wait", 60000);
    size_t sent = 0, received = 0, n;
    bool sending = true, receiving = true, same = true;
    CURLcode code = CURLE_OK;
    while((sending || receiving) && !code && same && now_ms() < until) {
        bool idle = true;
        if(sending) {
            code = curl_ws_send(call->curl, data.bytes + sent, data.len - sent, &n, 0, flags);
            sent += n;
            sending = code || sent < data.len;
            idle = code == CURLE_AGAIN;
            if(idle)
                code = CURLE_OK;
        }
        if(receiving && !code) {
            const struct curl_ws_frame *meta;
            code = curl_ws_recv(call->curl, buffer, sizeof(buffer), &n, &meta);
            if(!code) {
                same = received + n <= data.len && !memcmp(data.bytes + received, buffer, n);
                received += n;
                receiving = received < data.len;
                idle = false;
            }
            else if(code == CURLE_AGAIN)
                code = CURLE_OK;
        }
        if(idle)
            wait_socket(call->curl, sending ? POLLIN | POLLOUT : POLLIN, 1000);
    }
    print_code("transfer", code);
    printf(" sent=%zu received=%zu same=%d", sent, received, same);
    if(code)
        print_error(call->slot);
    free(data.bytes);
}

static void start_frame_command(const struct call *call)
{
    unsigned int flags = parse_flags(call->words->at[1].text);
    CURLcode code = curl_ws_start_frame(call->curl, flags, (curl_off_t)strtoll(call->words->at[2].text, NULL, 0));
    print_code("start_frame", code);
    if(code)
        print_error(call->slot);
}

static void meta_command(const struct call *call)
{
    const struct curl_ws_frame *meta = curl_ws_meta(call->curl);
    begin_result("ws_meta");
    print_meta(meta);
}

const struct command ws_commands[] = {
    { "ws_send", 2, send_command },
    { "ws_send_all", 2, send_all_command },
    { "ws_recv", 1, recv_command },
    { "frame", 0, frame_command },
    { "drain", 0, drain_command },
    { "echo", 3, echo_command },
    { "transfer", 2, transfer_command },
    { "start_frame", 2, start_frame_command },
    { "ws_meta", 0, meta_command },
    { NULL, 0, NULL },
};
