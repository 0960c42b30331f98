"""Hosts that deliver images for others: their name tells who delivers, not who made or owns the image."""

from __future__ import annotations

NETWORKS = {
    "akamaihd.net": "Akamai", "akamaized.net": "Akamai", "edgesuite.net": "Akamai",
    "azureedge.net": "Azure", "vo.msecnd.net": "Azure",
    "b-cdn.net": "bunny.net", "cachefly.net": "CacheFly", "cdn77.org": "CDN77",
    "cloudfront.net": "Amazon CloudFront", "edgecastcdn.net": "Edgecast",
    "fastly.net": "Fastly", "hwcdn.net": "Highwinds", "cdn.jsdelivr.net": "jsDelivr", "kxcdn.com": "KeyCDN",
    "llnwd.net": "Limelight", "netdna-cdn.com": "NetDNA", "netdna-ssl.com": "NetDNA", "stackpathdns.com": "StackPath",
    "fbcdn.net": "Facebook", "cdninstagram.com": "Instagram", "googleusercontent.com": "Google",
    "twimg.com": "Twitter", "wp.com": "WordPress.com",
}  # fmt: skip
"""By domain, who delivers: from the host names by which WebPageTest recognises delivery networks
(github.com/catchpoint/WebPageTest.agent, internal/optimization_checks.py), those that occur in addresses of images."""

STORES = {
    "s3.amazonaws.com": "Amazon S3", "storage.googleapis.com": "Google Cloud Storage",
    "blob.core.windows.net": "Azure Storage", "digitaloceanspaces.com": "DigitalOcean Spaces",
    "bp.blogspot.com": "Blogger",
}  # fmt: skip
"""Stores of files and pages that anybody may rent: under a suffix of the private part of the Public Suffix List
(publicsuffix.org), which exists because what lies below belongs to different people."""

PLATFORMS = {
    "pinimg.com": "Pinterest", "cdn.shopify.com": "Shopify", "slideplayer.com": "SlidePlayer",
}  # fmt: skip
"""Platforms that show the images of others: the three that Buschek and Thorp, Models All The Way Down (2024), found to
be behind most pairs of LAION-5B."""

OWN = {
    "cloudinary.com": "Cloudinary", "ebayimg.com": "eBay", "etsystatic.com": "Etsy", "flickr.com": "Flickr",
    "imgix.net": "imgix", "slidesharecdn.com": "SlideShare", "squarespace-cdn.com": "Squarespace",
    "staticflickr.com": "Flickr", "wixstatic.com": "Wix", "ytimg.com": "YouTube",
}  # fmt: skip
"""Hosts of images of platforms that carry the platform's name: no source but the name."""

DELIVERY = NETWORKS | STORES | PLATFORMS | OWN
"""Who delivers, by domain; subdomains are meant too. A list of the well known, not of all."""


def deliverer(host: str) -> str | None:
    """Who delivers from a host in lower case; None where it is in no list."""
    parts = host.split(".")
    for start in range(len(parts) - 1):
        if (found := DELIVERY.get(".".join(parts[start:]))) is not None:
            return found
    return None
