/* One easy handle that goes from http to ws and back, with what is asked of it in between. Usage: one HTTP-URL WS-URL */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static size_t count(char *data, size_t size, size_t items, void *user)
{
    (void)data;
    *(long *)user += (long)(size * items);
    return size * items;
}

static void fetch(CURL *curl, const char *url, long *bytes)
{
    char *effective = NULL;
    long response = 0;
    CURLcode code;
    struct curl_header *header = NULL;
    *bytes = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 0L);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response);
    curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &effective);
    printf("http: code %d, response %ld, %ld bytes, %s\n", (int)code, response, *bytes, strcmp(effective, url) ? effective : "its URL");
    printf("header: %d\n", (int)curl_easy_header(curl, "Content-Length", 0, CURLH_HEADER, -1, &header));
}

static void echo(CURL *curl, const char *url, const char *text)
{
    char buffer[100], *private = NULL;
    const struct curl_ws_frame *frame;
    size_t n;
    CURLcode code;
    struct curl_header *header = NULL;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    code = curl_easy_perform(curl);
    printf("ws: code %d", (int)code);
    printf(", sent %d", (int)curl_ws_send(curl, text, strlen(text), &n, 0, CURLWS_TEXT));
    do
        code = curl_ws_recv(curl, buffer, sizeof(buffer), &n, &frame);
    while(code == CURLE_AGAIN);
    printf(", received %d: %.*s\n", (int)code, (int)n, buffer);
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, &private);
    printf("header: %d, private %s\n", (int)curl_easy_header(curl, "Upgrade", 0, CURLH_HEADER, -1, &header), private);
}

int main(int argc, char **argv)
{
    CURL *curl, *copy;
    CURLU *url;
    char error[CURL_ERROR_SIZE] = "";
    long bytes = 0;
    CURLcode code;
    if(argc < 3)
        return 2;
    curl_global_init(CURL_GLOBAL_ALL);
    curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_PRIVATE, "mine");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &bytes);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    printf("protocols: %d\n", (int)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,ws,wss"));
    fetch(curl, argv[1], &bytes);
    echo(curl, argv[2], "one");
    fetch(curl, argv[1], &bytes);
    copy = curl_easy_duphandle(curl);
    echo(copy, argv[2], "copy");
    fetch(copy, argv[1], &bytes);
    curl_easy_cleanup(copy);

    /* a URL handle */
    url = curl_url();
    printf("url: %d\n", (int)curl_url_set(url, CURLUPART_URL, argv[2], 0));
    curl_easy_setopt(curl, CURLOPT_CURLU, url);
    echo(curl, "http://127.0.0.1:1/", "by handle");
    curl_easy_setopt(curl, CURLOPT_CURLU, NULL);
    curl_url_cleanup(url);
    echo(curl, argv[2], "by string");

    /* what only one side does */
    printf("ftp: %d\n", (int)curl_easy_setopt(curl, CURLOPT_FTPPORT, "-"));
    code = curl_easy_setopt(curl, CURLOPT_CRLF, 1L);
    printf("crlf: %d, \"%s\"\n", (int)code, error);
    curl_easy_setopt(curl, CURLOPT_URL, argv[2]);
    code = curl_easy_perform(curl);
    printf("ws with crlf: %d, %s\n", (int)code, strstr(error, "CURLOPT_CRLF") ? "named" : error);
    fetch(curl, argv[1], &bytes);
    curl_easy_setopt(curl, CURLOPT_CRLF, 0L);
    echo(curl, argv[2], "without");

    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "wss");
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    printf("http forbidden: %d\n", (int)curl_easy_perform(curl));
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &bytes);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    fetch(curl, argv[1], &bytes);
    curl_easy_cleanup(curl);
    curl_easy_cleanup(NULL);
    printf("null: %d %d\n", (int)curl_easy_perform(NULL), (int)curl_ws_send(NULL, "", 0, NULL, 0, CURLWS_TEXT));
    curl_global_cleanup();
    return 0;
}
