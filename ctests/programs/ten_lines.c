/* How little it takes: says hello and prints the first answer. */
#include <curl/curl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    char text[256];
    size_t n = 0;
    const struct curl_ws_frame *frame;
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, argc > 1 ? argv[1] : "ws://127.0.0.1:8080/");
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    CURLcode code = curl_easy_perform(curl);
    if(!code)
        code = curl_ws_send(curl, "hello", 5, &n, 0, CURLWS_TEXT);
    do {
        if(!code)
            code = curl_ws_recv(curl, text, sizeof(text), &n, &frame);
    } while(code == CURLE_AGAIN && !(code = CURLE_OK));
    printf("%d %.*s\n", (int)code, (int)n, text);
    curl_easy_cleanup(curl);
    return code != CURLE_OK;
}
