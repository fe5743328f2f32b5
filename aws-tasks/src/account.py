"""Looks at everything in an account, or makes there what belongs to nobody: account.py URL REGION list|plant; certificate: a
certificate is made, and its ARN is printed.

It lists what our backend could have made, whoever made it, one line a thing. Ids stay: a thing that was replaced by
another of its name is seen.
"""

import sys

import boto3

# What is no more, and is listed for a while.
GONE = ("terminated", "shutting-down", "deleted", "deleting")


class Account:
    """Clients for one account."""

    def __init__(self, url, region):
        def client(service):
            return boto3.client(
                service, endpoint_url=url, region_name=region, aws_access_key_id="test", aws_secret_access_key="test"
            )

        self.region = region
        self.ec2, self.scaling = client("ec2"), client("autoscaling")
        self.elb, self.dns = client("elbv2"), client("route53")
        self.certificates = client("acm")

    def network(self):
        """The parts of networks."""
        ec2 = self.ec2
        yield from (f"vpc {it['VpcId']} {it['CidrBlock']}" for it in ec2.describe_vpcs()["Vpcs"])
        for it in ec2.describe_subnets()["Subnets"]:
            yield f"subnet {it['SubnetId']} {it['CidrBlock']} {it['AvailabilityZone']}"
        for it in ec2.describe_internet_gateways()["InternetGateways"]:
            to = [attached["VpcId"] for attached in it.get("Attachments", [])]
            yield f"gateway {it['InternetGatewayId']} {to}"
        for it in ec2.describe_addresses()["Addresses"]:
            yield f"address {it.get('AllocationId')} {it.get('AssociationId')}"
        for it in ec2.describe_nat_gateways()["NatGateways"]:
            if it["State"] not in GONE:
                yield f"nat {it['NatGatewayId']} {it['State']}"
        for it in ec2.describe_route_tables()["RouteTables"]:
            ways = sorted(str(way.get("DestinationCidrBlock")) for way in it["Routes"])
            to = sorted(str(way.get("SubnetId")) for way in it.get("Associations", []))
            yield f"table {it['RouteTableId']} {ways} {to}"
        for it in ec2.describe_security_groups()["SecurityGroups"]:
            yield f"group {it['GroupId']} {it['GroupName']} {len(it['IpPermissions'])}"

    def pools(self):
        """Auto Scaling groups, what they launch from, and instances."""
        for it in self.ec2.describe_launch_templates()["LaunchTemplates"]:
            yield f"template {it['LaunchTemplateName']}"
        for it in self.scaling.describe_auto_scaling_groups()["AutoScalingGroups"]:
            limits = [it["MinSize"], it["MaxSize"], it["DesiredCapacity"]]
            yield f"scaling {it['AutoScalingGroupName']} {limits} {sorted(it.get('TargetGroupARNs', []))}"
        for place in self.ec2.describe_instances()["Reservations"]:
            for it in place["Instances"]:
                if it["State"]["Name"] not in GONE:
                    yield f"instance {it['InstanceId']} {it['State']['Name']}"

    def front(self):
        """Load balancers and names."""
        for it in self.elb.describe_load_balancers()["LoadBalancers"]:
            yield f"balancer {it['LoadBalancerName']}"
            for ear in self.elb.describe_listeners(LoadBalancerArn=it["LoadBalancerArn"])["Listeners"]:
                yield f"listener {it['LoadBalancerName']} {ear['Port']}"
        for it in self.elb.describe_target_groups()["TargetGroups"]:
            yield f"targets {it['TargetGroupName']}"
        for zone in self.dns.list_hosted_zones()["HostedZones"]:
            yield f"zone {zone['Id']} {zone['Name']}"
            for it in self.dns.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]:
                yield f"record {zone['Name']} {it['Name']} {it['Type']} {it.get('SetIdentifier')}"
        yield from (f"check {it['Id']}" for it in self.dns.list_health_checks()["HealthChecks"])

    def everything(self):
        """All of it, in order."""
        return sorted([*self.network(), *self.pools(), *self.front()])

    def plant(self):
        """Makes things that nobody marked: some bear names like a site's, one a tag like one of ours."""
        ec2 = self.ec2
        vpc = ec2.create_vpc(CidrBlock="10.64.0.0/16")["Vpc"]["VpcId"]
        near = [{"Key": "ha:site", "Value": "web"}, {"Key": "ha:id", "Value": "another"}]
        ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "somebody's"}])
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.64.{at}.0/24", AvailabilityZone=f"{self.region}{zone}")["Subnet"]
            for at, zone in enumerate("ab")
        ]
        ids = [it["SubnetId"] for it in subnets]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        ec2.allocate_address(Domain="vpc")
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_tags(Resources=[table], Tags=near)
        group = ec2.create_security_group(GroupName="web-pool-web", Description="somebody's", VpcId=vpc)["GroupId"]
        ec2.create_launch_template(
            LaunchTemplateName="web-web-somebodys", LaunchTemplateData={"ImageId": "ami-12c6146b"}
        )
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName="web-web-somebodys", MinSize=0, MaxSize=1, DesiredCapacity=0,
            VPCZoneIdentifier=ids[0], LaunchTemplate={"LaunchTemplateName": "web-web-somebodys"},
        )
        self.elb.create_load_balancer(Name="web-somebodys", Subnets=ids, SecurityGroups=[group])
        self.elb.create_target_group(Name="web-somebodys", Protocol="HTTP", Port=80, VpcId=vpc)
        zone = self.dns.create_hosted_zone(Name="other.example", CallerReference="somebody")["HostedZone"]["Id"]
        record = {"Name": "www.other.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
        change = {"Action": "CREATE", "ResourceRecordSet": record}
        self.dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})


def main():
    """Does what the arguments ask for."""
    url, region, what = sys.argv[1:]
    account = Account(url, region)
    if what == "certificate":
        print(account.certificates.request_certificate(DomainName="secure.example")["CertificateArn"])
        return
    if what == "plant":
        account.plant()
    print("\n".join(account.everything()))


if __name__ == "__main__":
    main()
