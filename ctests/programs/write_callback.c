/*
 * libcurl drives: every frame goes to the write callback until the server closes. Answers "stop" by sending a Close frame from inside
 * the callback. Usage: write_callback URL [CA-FILE]
 */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static size_t on_frame(char *data, size_t size, size_t items, void *user)
{
    CURL *curl = user;
    size_t len = size * items, sent;
    const struct curl_ws_frame *meta = curl_ws_meta(curl);
    const char *type = !meta                         ? "none"
                       : meta->flags & CURLWS_TEXT   ? "text"
                       : meta->flags & CURLWS_BINARY ? "binary"
                       : meta->flags & CURLWS_CLOSE  ? "close"
                                                     : "other";
    printf("%s offset %ld len %lu left %ld: %.*s\n", type, meta ? (long)meta->offset : -1, (unsigned long)len, meta ? (long)meta->bytesleft : -1,
           len > 40 ? 40 : (int)len, data);
    if(len == 4 && !memcmp(data, "stop", 4))
        printf("closing: %d\n", (int)curl_ws_send(curl, "\x03\xe8", 2, &sent, 0, CURLWS_CLOSE));
    return len;
}

int main(int argc, char **argv)
{
    CURL *curl = curl_easy_init();
    CURLcode code = CURLE_FAILED_INIT;
    if(curl && argc > 1) {
        curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_frame);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, curl);
        if(argc > 2)
            curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
        code = curl_easy_perform(curl);
    }
    printf("done %d\n", (int)code);
    curl_easy_cleanup(curl);
    return code != CURLE_OK;
}
