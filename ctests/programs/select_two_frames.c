/*
 * A loop of select() and exactly one curl_ws_recv(): it must get every frame of a burst that came in one segment. Ends with the text "end".
 * Usage: select_two_frames URL
 */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>

int main(int argc, char **argv)
{
    CURL *curl = curl_easy_init();
    CURLcode code = CURLE_FAILED_INIT;
    if(curl && argc > 1) {
        char buffer[256];
        size_t n = 0;
        const struct curl_ws_frame *meta;
        curl_socket_t fd = CURL_SOCKET_BAD;
        curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
        curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
        code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd);
        while(!code) {
            struct timeval time = { 5, 0 };
            fd_set set;
            FD_ZERO(&set);
            FD_SET(fd, &set);
            if(select(fd + 1, &set, NULL, NULL, &time) < 1) {
                printf("select: nothing\n");
                code = CURLE_OPERATION_TIMEDOUT;
                break;
            }
            code = curl_ws_recv(curl, buffer, sizeof(buffer), &n, &meta);
            if(code == CURLE_AGAIN) {
                code = CURLE_OK;
                continue;
            }
            if(!code)
                printf("%.*s\n", (int)n, buffer);
            if(n == 3 && !memcmp(buffer, "end", 3))
                break;
        }
    }
    printf("done %d\n", (int)code);
    curl_easy_cleanup(curl);
    return code != CURLE_OK;
}
