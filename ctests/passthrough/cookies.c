/* One handle, first http and then ws and back: which cookies each request has. Usage: cookies HTTP-BASE WS-BASE
   At HTTP-BASE/cookie the body is the request's Cookie header; at WS-BASE the response sets and removes cookies, and the first
   message is the Cookie header. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static char body[1000];
static size_t length;

static size_t keep(char *data, size_t size, size_t items, void *user)
{
    size_t n = size * items;
    (void)user;
    if(n > sizeof(body) - 1 - length)
        n = sizeof(body) - 1 - length;
    memcpy(body + length, data, n);
    length += n;
    body[length] = 0;
    return size * items;
}

static void get(CURL *curl, const char *base, const char *path)
{
    char url[300];
    CURLcode code;
    snprintf(url, sizeof(url), "%s%s", base, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 0L);
    length = 0;
    body[0] = 0;
    code = curl_easy_perform(curl);
    printf("%s: %d, %s\n", path, (int)code, body);
}

static void talk(CURL *curl, const char *base)
{
    const struct curl_ws_frame *frame;
    size_t n = 0;
    CURLcode code;
    curl_easy_setopt(curl, CURLOPT_URL, base);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    code = curl_easy_perform(curl);
    printf("ws: %d", (int)code);
    do
        code = curl_ws_recv(curl, body, sizeof(body) - 1, &n, &frame);
    while(code == CURLE_AGAIN);
    body[n] = 0;
    printf(", %s\n", body);
}

int main(int argc, char **argv)
{
    CURL *curl = curl_easy_init();
    CURLSH *share = curl_share_init();
    int shared;
    if(argc < 3)
        return 2;
    for(shared = 0; shared < 2; shared++) {
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
        talk(curl, argv[2]);
        if(shared) {
            curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
            curl_easy_setopt(curl, CURLOPT_SHARE, share);
        }
        curl_easy_setopt(curl, CURLOPT_COOKIEFILE, "");
        get(curl, argv[1], "/set");
        talk(curl, argv[2]);
        get(curl, argv[1], "/cookie");
        curl_easy_cleanup(curl);
        curl = curl_easy_init();
    }
    curl_easy_cleanup(curl);
    curl_share_cleanup(share);
    return 0;
}
