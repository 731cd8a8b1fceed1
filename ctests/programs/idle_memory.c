/*
 * Opens connections to an echo server, has a message echoed on each, and counts the memory that each keeps: malloc and its relatives
 * are defined here.
 * Usage: idle_memory URL WAY [CAINFO]
 * Prints "CODE BYTES", the bytes of memory for each of CONNECTIONS connections after a first one.
 */
#include <curl/curl.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef WSCURL_VERSION_NUM

#define CONNECTIONS 32
#define SIZE 1000

/* --- the allocator */

#include "allocator.h"

/* Other threads than the main one only resolve names, and the URL has an address. */
static size_t in_use;

static void taken(void *memory)
{
    in_use += memory ? malloc_usable_size(memory) : 0;
}

static void given_back(void *memory)
{
    in_use -= memory ? malloc_usable_size(memory) : 0;
}

/* --- connections */

static CURL *connections[1 + CONNECTIONS];
static CURLM *multi;
static char message[SIZE];
static size_t received;

static CURL *handle(char **argv)
{
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    if(argv[3])
        curl_easy_setopt(curl, CURLOPT_CAINFO, argv[3]);
    return curl;
}

static CURLcode by_calls(CURL *curl)
{
    struct pollfd readable = { -1, POLLIN, 0 };
    const struct curl_ws_frame *meta;
    char buffer[SIZE];
    size_t n, got = 0;
    CURLcode code;
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    code = curl_easy_perform(curl);
    if(!code)
        code = curl_ws_send(curl, message, SIZE, &n, 0, CURLWS_BINARY);
    curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &readable.fd);
    while(!code && got < SIZE) {
        code = curl_ws_recv(curl, buffer, SIZE, &n, &meta);
        got += n;
        if(code == CURLE_AGAIN) {
            poll(&readable, 1, 5000);
            code = CURLE_OK;
        }
    }
    /* Nothing more is there: the connection is idle. */
    return code ? code : curl_ws_recv(curl, buffer, SIZE, &n, &meta) == CURLE_AGAIN ? CURLE_OK : CURLE_RECV_ERROR;
}

static size_t count_bytes(char *data, size_t item, size_t n, void *unused)
{
    (void)data;
    (void)unused;
    received += item * n;
    return item * n;
}

static int open_sends(CURL *easy, void *unused)
{
    size_t sent;
    (void)unused;
    return curl_ws_send(easy, message, SIZE, &sent, 0, CURLWS_BINARY) || sent != SIZE;
}

static CURLcode by_callbacks(CURL *curl)
{
    size_t wanted = received + SIZE;
    int running = 1;
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count_bytes);
    curl_easy_setopt(curl, CURLOPT_WS_OPENFUNCTION, open_sends);
    curl_multi_add_handle(multi, curl);
    while(received < wanted && running) {
        curl_multi_perform(multi, &running);
        curl_multi_poll(multi, NULL, 0, received < wanted ? 5000 : 0, NULL);
    }
    return received == wanted ? CURLE_OK : CURLE_RECV_ERROR;
}

int main(int argc, char **argv)
{
    CURLcode (*open)(CURL *) = argc > 2 && !strcmp(argv[2], "calls") ? by_calls : by_callbacks;
    CURLcode code = CURLE_OK;
    size_t i, before = 0;
    if(argc < 3)
        return 2;
    multi = curl_multi_init();
    for(i = 0; i <= CONNECTIONS && !code; i++) {
        if(i == 1)
            before = in_use;
        connections[i] = handle(argv);
        code = open(connections[i]);
    }
    printf("%d %lu\n", (int)code, (unsigned long)((in_use - before) / CONNECTIONS));
    for(i = 0; i <= CONNECTIONS; i++) {
        curl_multi_remove_handle(multi, connections[i]);
        curl_easy_cleanup(connections[i]);
    }
    curl_multi_cleanup(multi);
    return code != CURLE_OK;
}

#else

int main(void)
{
    return 0;
}

#endif
