/* A library that uses libcurl for http. */
#include <curl/curl.h>
#include <string.h>

static size_t count(char *data, size_t size, size_t items, void *user)
{
    (void)data;
    *(size_t *)user += size * items;
    return size * items;
}

/* Whether the libcurl of this library is wscurl; its code and bytes for a URL. */
int fetch(const char *url, size_t *bytes, int *is_ours)
{
    CURL *curl = curl_easy_init();
    CURLcode code;
    *bytes = 0;
    *is_ours = strstr(curl_version(), "wscurl/") != NULL;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, bytes);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return (int)code;
}
