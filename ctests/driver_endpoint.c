/* The driver's commands for what only wscurl has. */
#include "driver.h"

#ifdef WSCURL_VERSION_NUM

#include <stdlib.h>
#include <string.h>

/* ws_poll EVENTS TIMEOUT_MS: EVENTS are `in`, `out`, both or a number; [seen=null] */
static void poll_command(struct slot *slot, CURL *curl, const struct words *words)
{
    const char *events = words->at[1].text, *null = option_word(words, "seen");
    int wanted = (int)strtol(events, NULL, 0), seen = 99;
    long long began = now_ms();
    CURLcode code;
    if(strstr(events, "in"))
        wanted |= CURL_WAIT_POLLIN;
    if(strstr(events, "out"))
        wanted |= CURL_WAIT_POLLOUT;
    code = curl_ws_poll(curl, wanted, atol(words->at[2].text), null ? NULL : &seen);
    print_code("ws_poll", code);
    printf(" in=%d out=%d ms=%lld", !!(seen & CURL_WAIT_POLLIN), !!(seen & CURL_WAIT_POLLOUT), now_ms() - began);
    if(code)
        print_error(slot);
}

/* ws_close CODE [REASON] */
static void close_command(struct slot *slot, CURL *curl, const struct words *words)
{
    const struct word *reason = words->count > 2 ? &words->at[2] : NULL;
    struct blob data = { NULL, 0 };
    CURLcode code;
    if(reason)
        data = parse_data(reason);
    code = curl_ws_close(curl, (unsigned int)strtoul(words->at[1].text, NULL, 0), (char *)data.bytes, data.len);
    print_code("ws_close", code);
    if(code)
        print_error(slot);
    free(data.bytes);
}

/* recv_message TIMEOUT_MS */
static void recv_message_command(struct slot *slot, CURL *curl, const struct words *words)
{
    const void *data = NULL;
    size_t length = 99;
    unsigned int type = 99;
    long long began = now_ms();
    CURLcode code = curl_ws_recv_message(curl, &data, &length, &type, atol(words->at[1].text));
    print_code("recv_message", code);
    printf(" ms=%lld", now_ms() - began);
    if(code)
        print_error(slot);
    else {
        printf(" flags=");
        print_flags((int)type);
        printf(" n=%zu", length);
        print_data(data, length);
    }
}

/* send_message FLAGS DATA [wait=MS] */
static void send_message_command(struct slot *slot, CURL *curl, const struct words *words)
{
    struct blob data = parse_data(&words->at[2]);
    long long began = now_ms();
    CURLcode code = curl_ws_send_message(curl, data.bytes, data.len, parse_flags(words->at[1].text), number_option(words, "wait", 5000));
    print_code("send_message", code);
    printf(" ms=%lld", now_ms() - began);
    if(code)
        print_error(slot);
    free(data.bytes);
}

bool endpoint_command(struct slot *slot, CURL *curl, const struct words *words)
{
    const char *name = words->at[0].text;
    int given = words->count - 1;
    if(!strcmp(name, "ws_poll") && given > 1)
        poll_command(slot, curl, words);
    else if(!strcmp(name, "ws_close") && given)
        close_command(slot, curl, words);
    else if(!strcmp(name, "recv_message") && given)
        recv_message_command(slot, curl, words);
    else if(!strcmp(name, "send_message") && given > 1)
        send_message_command(slot, curl, words);
    else
        return false;
    return true;
}

#else

bool endpoint_command(struct slot *slot, CURL *curl, const struct words *words)
{
    (void)slot;
    (void)curl;
    (void)words;
    return false;
}

#endif
