"""How it gets onto machines: Lambda packages, containers, CloudFormation resources, plug-ins of the Serverless Framework."""
