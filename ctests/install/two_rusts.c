/* A program with two Rust libraries. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>

bool other_catches_a_panic(void);

int main(void)
{
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, "ws://127.0.0.1:1/");
    printf("wscurl: code %d\n", (int)curl_easy_perform(curl));
    curl_easy_cleanup(curl);
    printf("other: %s\n", other_catches_a_panic() ? "caught a panic" : "did nothing");
    return 0;
}
