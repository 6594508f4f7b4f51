"""Where bytes lie: folders of this machine and buckets of a cloud, walked, hashed and read in one way."""
