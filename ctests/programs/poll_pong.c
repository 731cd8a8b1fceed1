/*
 * A client that only polls and receives, one call each time: pings must be answered all the same. Ends with the first text frame.
 * Usage: poll_pong URL
 */
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>

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
            struct pollfd poll_fd = { fd, POLLIN, 0 };
            if(poll(&poll_fd, 1, 5000) < 1) {
                printf("nothing came\n");
                code = CURLE_OPERATION_TIMEDOUT;
                break;
            }
            code = curl_ws_recv(curl, buffer, sizeof(buffer), &n, &meta);
            if(!code) {
                printf("%.*s\n", (int)n, buffer);
                break;
            }
            if(code == CURLE_AGAIN)
                code = CURLE_OK;
        }
    }
    printf("done %d\n", (int)code);
    curl_easy_cleanup(curl);
    return code != CURLE_OK;
}
