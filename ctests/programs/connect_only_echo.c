/*
 * The application drives: connect, ping and wait for the pong, send a text and a large binary message and read their echoes, close.
 * Usage: connect_only_echo URL [CA-FILE]
 */
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE 300000

static void wait_for(CURL *curl, short events)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd);
    struct pollfd poll_fd = { fd, events, 0 };
    poll(&poll_fd, 1, 5000);
}

static CURLcode send_all(CURL *curl, const char *data, size_t len, unsigned int flags)
{
    size_t at = 0, sent;
    CURLcode code;
    do {
        code = curl_ws_send(curl, data + at, len - at, &sent, 0, flags);
        at += sent;
        if(code == CURLE_AGAIN)
            wait_for(curl, POLLOUT);
    } while(code == CURLE_AGAIN || (!code && at < len));
    return code;
}

/* One frame into `buffer`; its length. */
static CURLcode recv_frame(CURL *curl, char *buffer, size_t size, size_t *len, int *flags)
{
    const struct curl_ws_frame *meta;
    size_t n;
    *len = 0;
    for(;;) {
        CURLcode code = curl_ws_recv(curl, buffer + *len, size - *len, &n, &meta);
        if(code == CURLE_AGAIN) {
            wait_for(curl, POLLIN);
            continue;
        }
        if(code)
            return code;
        *len += n;
        *flags = meta->flags;
        if(!meta->bytesleft)
            return CURLE_OK;
    }
}

static CURLcode talk(CURL *curl)
{
    static char sent[LARGE], received[LARGE];
    size_t len;
    int flags;
    CURLcode code = send_all(curl, "are you there?", 14, CURLWS_PING);
    if(!code)
        code = recv_frame(curl, received, sizeof(received), &len, &flags);
    if(code)
        return code;
    printf("pong: %s %.*s\n", flags & CURLWS_PONG ? "yes" : "no", (int)len, received);

    code = send_all(curl, "hello", 5, CURLWS_TEXT);
    if(!code)
        code = recv_frame(curl, received, sizeof(received), &len, &flags);
    if(code)
        return code;
    printf("text: %s %.*s\n", flags == CURLWS_TEXT ? "yes" : "no", (int)len, received);

    for(size_t i = 0; i < LARGE; i++)
        sent[i] = (char)(i * 7);
    code = send_all(curl, sent, LARGE, CURLWS_BINARY);
    if(!code)
        code = recv_frame(curl, received, sizeof(received), &len, &flags);
    if(code)
        return code;
    printf("binary: %s %lu %s\n", flags == CURLWS_BINARY ? "yes" : "no", (unsigned long)len,
           memcmp(sent, received, LARGE) ? "differs" : "same");

    code = send_all(curl, "\x03\xe8", 2, CURLWS_CLOSE);
    if(!code)
        code = recv_frame(curl, received, sizeof(received), &len, &flags);
    if(!code)
        printf("close: %s\n", flags & CURLWS_CLOSE ? "yes" : "no");
    return code;
}

int main(int argc, char **argv)
{
    CURL *curl = curl_easy_init();
    CURLcode code = CURLE_FAILED_INIT;
    if(curl && argc > 1) {
        curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
        curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
        if(argc > 2)
            curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
        code = curl_easy_perform(curl);
        if(!code)
            code = talk(curl);
    }
    if(code)
        printf("error %d\n", (int)code);
    curl_easy_cleanup(curl);
    return code != CURLE_OK;
}
