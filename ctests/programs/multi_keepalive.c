/*
 * Callback mode through the multi interface with keep-alive, which only wscurl has. Prints what comes, the round trip's size and how it ended.
 * Usage: multi_keepalive URL INTERVAL_MS TIMEOUT_MS
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef WSCURL_VERSION_NUM

static size_t show(char *bytes, size_t size, size_t count, void *data)
{
    (void)size;
    (void)data;
    printf("%.*s\n", (int)count, bytes);
    return count;
}

static int opened(CURL *curl, void *data)
{
    size_t sent;
    (void)data;
    return curl_ws_send(curl, "open", 4, &sent, 0, CURLWS_TEXT) != CURLE_OK;
}

static CURLcode perform(CURLM *multi)
{
    int running = 1, left;
    CURLMsg *message;
    while(!curl_multi_perform(multi, &running) && running)
        curl_multi_poll(multi, NULL, 0, 10000, NULL);
    message = curl_multi_info_read(multi, &left);
    return message ? message->data.result : CURLE_FAILED_INIT;
}

int main(int argc, char **argv)
{
    CURLM *multi = curl_multi_init();
    CURL *curl = curl_easy_init();
    curl_off_t round_trip = 0;
    CURLcode code;
    if(argc < 4 || !multi || !curl)
        return 1;
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, show);
    curl_easy_setopt(curl, CURLOPT_WS_OPENFUNCTION, opened);
    curl_easy_setopt(curl, CURLOPT_WS_PING_INTERVAL_MS, atol(argv[2]));
    curl_easy_setopt(curl, CURLOPT_WS_PONG_TIMEOUT_MS, atol(argv[3]));
    curl_multi_add_handle(multi, curl);
    code = perform(multi);
    curl_easy_getinfo(curl, CURLINFO_WS_RTT_US, &round_trip);
    printf("done %d, round trip %s\n", (int)code, round_trip > 0 && round_trip < 5000000 ? "measured" : "unknown");
    curl_multi_remove_handle(multi, curl);
    curl_easy_cleanup(curl);
    curl_multi_cleanup(multi);
    return 0;
}

#else

int main(void)
{
    return 0;
}

#endif
