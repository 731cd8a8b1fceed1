/* The driver's commands for what only wscurl has. */
#include "driver_endpoint.h"
#include <stdlib.h>
#include <string.h>

#ifdef WSCURL_VERSION_NUM

/* ws_poll EVENTS TIMEOUT_MS: EVENTS are `in`, `out`, both or a number; [seen=null] */
static void poll_command(const struct call *call)
{
    const char *events = call->words->at[1].text, *null = option_word(call->words, "seen");
    int wanted = (int)strtol(events, NULL, 0), seen = 99;
    long long began = now_ms();
    CURLcode code;
    if(strstr(events, "in"))
        wanted |= CURL_WAIT_POLLIN;
    if(strstr(events, "out"))
        wanted |= CURL_WAIT_POLLOUT;
    code = curl_ws_poll(call->curl, wanted, atol(call->words->at[2].text), null ? NULL : &seen);
    print_code("ws_poll", code);
    printf(" in=%d out=%d ms=%lld", !!(seen & CURL_WAIT_POLLIN), !!(seen & CURL_WAIT_POLLOUT), now_ms() - began);
    if(code)
        print_error(call->slot);
}

/* ws_wakeup */
static void wakeup_command(const struct call *call)
{
    print_code("ws_wakeup", curl_ws_wakeup(call->curl));
}

/* ws_close CODE [REASON] */
static void close_command(const struct call *call)
{
    const struct word *reason = call->words->count > 2 ? &call->words->at[2] : NULL;
    struct blob data = { NULL, 0 };
    CURLcode code;
    if(reason)
        data = parse_data(reason);
    code = curl_ws_close(call->curl, (unsigned int)strtoul(call->words->at[1].text, NULL, 0), (char *)data.bytes, data.len);
    print_code("ws_close", code);
    if(code)
        print_error(call->slot);
    free(data.bytes);
}

/* recv_message TIMEOUT_MS */
static void recv_message_command(const struct call *call)
{
    const void *data = NULL;
    size_t length = 99;
    unsigned int type = 99;
    long long began = now_ms();
    CURLcode code = curl_ws_recv_message(call->curl, &data, &length, &type, atol(call->words->at[1].text));
    print_code("recv_message", code);
    printf(" ms=%lld", now_ms() - began);
    if(code)
        print_error(call->slot);
    else {
        printf(" flags=");
        print_flags((int)type);
        printf(" n=%zu", length);
        print_data(data, length);
    }
}

/* send_message FLAGS DATA [wait=MS] */
static void send_message_command(const struct call *call)
{
    struct blob data = parse_data(&call->words->at[2]);
    long long began = now_ms();
    CURLcode code = curl_ws_send_message(call->curl, data.bytes, data.len, parse_flags(call->words->at[1].text), number_option(call->words, "wait", 5000));
    print_code("send_message", code);
    printf(" ms=%lld", now_ms() - began);
    if(code)
        print_error(call->slot);
    free(data.bytes);
}

#endif

const struct command endpoint_commands[] = {
#ifdef WSCURL_VERSION_NUM
    { "ws_poll", 2, poll_command },
    { "ws_wakeup", 0, wakeup_command },
    { "ws_close", 1, close_command },
    { "recv_message", 1, recv_message_command },
    { "send_message", 2, send_message_command },
#endif
    { NULL, 0, NULL },
};
