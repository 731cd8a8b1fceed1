/* A program of wscurl's that is linked with a library which uses the system's libcurl. Usage: both WS-URL HTTP-URL */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

int fetch(const char *url, size_t *bytes, int *is_ours);

static CURLcode open_url(const char *url)
{
    CURL *curl = curl_easy_init();
    CURLcode code;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return code;
}

static const char *owner(int is_ours)
{
    return is_ours ? "ours" : "another's";
}

int main(int argc, char **argv)
{
    size_t bytes;
    int code, is_ours;
    if(argc < 3)
        return 2;
    printf("wscurl: code %d, %s\n", (int)open_url(argv[1]), owner(strstr(curl_version(), "wscurl/") != NULL));
    code = fetch(argv[2], &bytes, &is_ours);
    printf("libfetch: code %d, %s, %lu bytes\n", code, owner(is_ours), (unsigned long)bytes);
    printf("wscurl: http is code %d\n", (int)open_url(argv[2]));
    return 0;
}
