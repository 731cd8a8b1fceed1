/* Prints what curl_version_info says, and whether it is wscurl that says it. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static void print_list(const char *name, const char *const *list)
{
    printf("%s=", name);
    while(list && *list)
        printf("%s ", *list++);
    putchar('\n');
}

int main(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    printf("own=%s\n", strstr(curl_version(), "wscurl/") ? "wscurl" : "no");
    printf("version=%s\nnumber=%u\nssl=%s\n", info->version, info->version_num, info->ssl_version ? info->ssl_version : "");
    print_list("protocols", info->protocols);
#if LIBCURL_VERSION_NUM >= 0x075700
    print_list("features", info->feature_names);
#endif
    return 0;
}
